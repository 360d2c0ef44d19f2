//! What is a placeholder and what isn't.

use crate::raw::{Lexis, Verb, translate};
use crate::tests::Plain;
use orm_core::Error;
use orm_core::provider::{SqlBind, SqlStatement};
use orm_core::value::{Kind, Value, ValueList};

const ALL: [Lexis; 3] = [Lexis::POSTGRES, Lexis::SQLITE, Lexis::MYSQL];

fn run(text: &str, values: usize, lexis: Lexis) -> Result<(String, Verb), String> {
    let binds = (0..values).map(|n| SqlBind::Value(Value::Int(n as i64), Kind::I64)).collect();
    match translate(&SqlStatement::new(text.to_owned(), binds), &Plain, lexis) {
        Ok(translated) => Ok((translated.text, translated.verb)),
        Err(Error::Sql(message)) => Err(message),
        Err(other) => panic!("{other:?}"),
    }
}

#[track_caller]
fn reads(lexis: Lexis, text: &str, values: usize, expected: &str) {
    let translated = run(text, values, lexis).map(|(text, _)| text);
    assert_eq!(translated.as_deref(), Ok(expected), "{lexis:?}");
}

#[track_caller]
fn everywhere(text: &str, values: usize, expected: &str) {
    ALL.into_iter().for_each(|lexis| reads(lexis, text, values, expected));
}

#[track_caller]
fn refused(lexis: Lexis, text: &str, values: usize, part: &str) {
    let message = run(text, values, lexis).expect_err(text);
    assert!(message.contains(part), "{text}: {message}");
}

#[test]
fn question_marks_become_places() {
    everywhere("SELECT ?", 1, "SELECT $1");
    everywhere("SELECT * FROM t WHERE a = ? AND b=?", 2, "SELECT * FROM t WHERE a = $1 AND b=$2");
    everywhere("INSERT INTO t VALUES (?,?,?);\n -- done", 3, "INSERT INTO t VALUES ($1,$2,$3)\n -- done");
    everywhere("SELECT 'ä' || ? || 'ß' AS \"ü\"", 1, "SELECT 'ä' || $1 || 'ß' AS \"ü\"");
    // A doubled one is the engine's own.
    everywhere("SELECT a ?? ?", 1, "SELECT a ? $1");
    everywhere("SELECT a ??| ?, b ??& ?", 2, "SELECT a ?| $1, b ?& $2");
    everywhere("SELECT ????", 0, "SELECT ??");
}

#[test]
fn texts_names_and_comments_keep_theirs() {
    everywhere("SELECT '?', 'it''s ?', '' , ?", 1, "SELECT '?', 'it''s ?', '' , $1");
    everywhere("SELECT \"a?\"\"b?\" FROM t WHERE c = ?", 1, "SELECT \"a?\"\"b?\" FROM t WHERE c = $1");
    everywhere("SELECT 1 -- what? isn't it\n, ?", 1, "SELECT 1 -- what? isn't it\n, $1");
    everywhere("SELECT /* ? ' \" */ ?", 1, "SELECT /* ? ' \" */ $1");
    everywhere("SELECT ? -- the end?", 1, "SELECT $1 -- the end?");
}

#[test]
fn each_engine_has_its_own_quotes() {
    let (postgres, sqlite, mysql) = (Lexis::POSTGRES, Lexis::SQLITE, Lexis::MYSQL);
    // A backslash is a character, but for MySQL, and in the escaped texts of PostgreSQL.
    reads(postgres, r"SELECT 'a\', ?, 'b'", 1, r"SELECT 'a\', $1, 'b'");
    reads(sqlite, r"SELECT 'a\', ?, 'b'", 1, r"SELECT 'a\', $1, 'b'");
    reads(mysql, r"SELECT 'a\', ?, b', ?", 1, r"SELECT 'a\', ?, b', $1");
    reads(mysql, r#"SELECT "a\", ?", ?"#, 1, r#"SELECT "a\", ?", $1"#);
    reads(postgres, r"SELECT E'a\', ?', e'\\', ?", 1, r"SELECT E'a\', ?', e'\\', $1");
    reads(postgres, r"SELECT name'a\', ?", 1, r"SELECT name'a\', $1");
    // Texts between dollars.
    reads(postgres, "SELECT $$?'$$, $a$ ? $$ $b$ $a$, ?", 1, "SELECT $$?'$$, $a$ ? $$ $b$ $a$, $1");
    reads(postgres, "SELECT a$b, ?, $ä$?$ä$", 1, "SELECT a$b, $1, $ä$?$ä$");
    // Names.
    reads(sqlite, "SELECT `a?`, [b?'], ?", 1, "SELECT `a?`, [b?'], $1");
    reads(mysql, "SELECT `a?``b?`, ?", 1, "SELECT `a?``b?`, $1");
    reads(postgres, "SELECT a[?], b[1]", 1, "SELECT a[$1], b[1]");
    // Comments.
    reads(postgres, "SELECT /* a /* ? */ ? */ ?", 1, "SELECT /* a /* ? */ ? */ $1");
    reads(sqlite, "SELECT /* a /* ? */ ?", 1, "SELECT /* a /* ? */ $1");
    reads(mysql, "SELECT 1 # ?\n, ?", 1, "SELECT 1 # ?\n, $1");
    reads(postgres, "SELECT a #> ?", 1, "SELECT a #> $1");
    reads(mysql, "SELECT 1--?", 1, "SELECT 1--$1");
    reads(postgres, "SELECT 1--?", 0, "SELECT 1--?");
}

#[test]
fn each_place_has_a_value() {
    for lexis in ALL {
        refused(lexis, "SELECT ?, ?", 1, "2 placeholders `?`, and 1 value is bound");
        refused(lexis, "SELECT ?", 2, "1 placeholder `?`, and 2 values are bound");
        refused(lexis, "SELECT '?'", 1, "0 placeholders");
        refused(lexis, "SELECT ?1", 1, "without a number");
    }
    refused(Lexis::POSTGRES, "SELECT $1", 0, "instead of `$1`");
    refused(Lexis::POSTGRES, "SELECT a + $12 + ?", 1, "instead of `$1`");
}

#[test]
fn one_statement_at_a_time() {
    for lexis in ALL {
        refused(lexis, "SELECT 1; DROP TABLE t", 0, "followed by more, `DROP`");
        refused(lexis, "SELECT ?;;;'x", 1, "a text has no end");
        everywhere("SELECT 1;; /* ; */ ", 0, "SELECT 1 /* ; */ ");
        for text in ["SELECT 'x", "SELECT \"x", "SELECT /* x", "SELECT 'x''"] {
            refused(lexis, text, 0, "has no end");
        }
        for text in ["", "  ", "-- nothing", "/* */;"] {
            refused(lexis, text, 0, "an empty statement");
        }
        refused(lexis, "SELECT '\0'", 0, "NUL");
    }
    refused(Lexis::POSTGRES, "SELECT $a$ x $b$", 0, "has no end");
    refused(Lexis::SQLITE, "SELECT [x", 0, "has no end");
    refused(Lexis::MYSQL, "SELECT 'x\\'", 0, "has no end");
}

#[test]
fn transactions_and_sessions_are_not_the_statements() {
    for lexis in ALL {
        for text in [
            "BEGIN",
            "begin immediate",
            "START TRANSACTION",
            "/* now */ Commit",
            "END",
            "ROLLBACK TO a",
            "ABORT",
            "SAVEPOINT a",
            "RELEASE a",
            "PREPARE TRANSACTION 'a'",
            "PREPARE a AS SELECT 1",
            "SET search_path = a",
            "SET SESSION x = 1",
            "RESET ALL",
            "DISCARD ALL",
            "ATTACH 'x' AS y",
            "LISTEN a",
            "LOCK TABLES t WRITE",
        ] {
            refused(lexis, text, 0, "can't be run");
        }
        for (text, verb) in [
            ("SELECT 1", Verb::Read),
            ("(select 1)", Verb::Read),
            ("-- first\nVALUES (1)", Verb::Read),
            ("WITH a AS (SELECT 1) DELETE FROM t", Verb::With),
            ("insert into t values (1)", Verb::Write),
            ("SET LOCAL x = 1", Verb::Other),
            ("LOCK TABLE t", Verb::Other),
            ("CREATE TABLE t (a int)", Verb::Other),
            ("TRUNCATE t", Verb::Other),
        ] {
            assert_eq!(run(text, 0, lexis).map(|(_, verb)| verb), Ok(verb), "{text}");
        }
    }
}

#[test]
fn lists_are_queries() {
    let list = SqlBind::List(ValueList::new(Kind::I64));
    let binds = vec![list, SqlBind::Value(Value::Null, Kind::Text)];
    let statement = SqlStatement::new("SELECT * FROM t WHERE a IN (?) AND b = ?".to_owned(), binds);
    let translated = translate(&statement, &Plain, Lexis::POSTGRES).map(|t| t.text);
    let expected = "SELECT * FROM t WHERE a IN (SELECT rows($1)) AND b = $2";
    assert_eq!(translated.ok().as_deref(), Some(expected));
    // What is printed has no values in it.
    assert_eq!(format!("{:?}", statement.binds), "[SqlBind::List, SqlBind::Value]");
    assert!(format!("{statement:?}").ends_with("binds: 2 }"));
}

#[test]
fn broken_texts_never_panic() {
    let parts = [
        "'", "\"", "`", "[", "]", "$", "$$", "$a$", "/*", "*/", "--", "#", "\\", "?", "??", ";", "e'", "ä",
        "\n", " ",
    ];
    for first in parts {
        for second in parts {
            for third in parts {
                for lexis in ALL {
                    for values in 0..3 {
                        let _ = run(&format!("{first}{second}x{third}"), values, lexis);
                        let _ = run(&format!("SELECT {first}{second}{third}"), values, lexis);
                    }
                }
            }
        }
    }
}
