//! Statements of the user's own: their placeholders become the engine's.
//!
//! A small tokenizer knows just as much of each engine's SQL as it takes to tell a placeholder from a
//! question mark in a text, a quoted name or a comment.

use crate::{Bind, Dialect};
use orm_core::provider::{SqlBind, SqlStatement};
use orm_core::value::{Decimal, Kind, ValueRef};
use orm_core::{Error, Result};

/// What of an engine's SQL decides where texts, names and comments end.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct Lexis {
    /// `\` takes the next character of a text as it is.
    pub backslash_escapes: bool,
    /// Texts `E'…'` have such escapes.
    pub escape_texts: bool,
    /// Texts `$tag$…$tag$`.
    pub dollar_texts: bool,
    /// Names in backticks.
    pub backticks: bool,
    /// Names in square brackets.
    pub brackets: bool,
    /// Comments of `/* … */` nest.
    pub nested_comments: bool,
    /// Comments that begin with `#`.
    pub hash_comments: bool,
    /// A comment's `--` is followed by a space.
    pub spaced_dashes: bool,
    /// `$1` is a placeholder.
    pub dollar_places: bool,
}

impl Lexis {
    /// That of PostgreSQL.
    pub const POSTGRES: Self = Self {
        backslash_escapes: false,
        escape_texts: true,
        dollar_texts: true,
        backticks: false,
        brackets: false,
        nested_comments: true,
        hash_comments: false,
        spaced_dashes: false,
        dollar_places: true,
    };
    /// That of SQLite.
    pub const SQLITE: Self = Self {
        backslash_escapes: false,
        escape_texts: false,
        dollar_texts: false,
        backticks: true,
        brackets: true,
        nested_comments: false,
        hash_comments: false,
        spaced_dashes: false,
        dollar_places: false,
    };
    /// That of MariaDB and MySQL.
    pub const MYSQL: Self = Self {
        backslash_escapes: true,
        escape_texts: false,
        dollar_texts: false,
        backticks: true,
        brackets: false,
        nested_comments: false,
        hash_comments: true,
        spaced_dashes: true,
        dollar_places: false,
    };
}

/// A statement in the engine's terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Translated {
    /// The text.
    pub text: String,
    /// What the statement does, as far as its first word tells.
    pub verb: Verb,
    /// Its first two words, in capitals; empty where there are fewer.
    pub words: [String; 2],
}

/// What a statement does, as far as its first word tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// It reads (though it may call functions that write).
    Read,
    /// `WITH`: what follows the common tables may read or write.
    With,
    /// It writes records.
    Write,
    /// Anything else: tables are made, statistics are gathered.
    Other,
}

/// Translates a statement for an engine.
///
/// # Errors
/// [`Error::Sql`] where there are more or fewer `?` than values, a list where the engine takes none,
/// placeholders of another style, several statements in one, or one that begins or ends transactions or
/// changes the state of a connection that others use afterwards.
pub fn translate(statement: &SqlStatement, dialect: &dyn Dialect, lexis: Lexis) -> Result<Translated> {
    let text = statement.text.as_str();
    if text.contains('\0') {
        return Err(Error::Sql("the text of a statement has a NUL in it; bind such values".to_owned()));
    }
    let mut out = String::with_capacity(text.len() + 8 * statement.binds.len());
    let mut words: Vec<&str> = Vec::new();
    let mut tokens = Tokens { text, at: 0, lexis };
    let mut places = 0;
    let mut ended = false;
    while let Some((token, part)) = tokens.next()? {
        if ended && !matches!(token, Token::Blank | Token::End) {
            return Err(Error::Sql(format!(
                "a statement is followed by more, `{}`: run one statement at a time",
                shortened(part)
            )));
        }
        match token {
            Token::Place => {
                match statement.binds.get(places) {
                    Some(SqlBind::List(values)) => {
                        if !dialect.list_rows(&mut out, places + 1, values.kind()) {
                            return Err(Error::unsupported("a list as one value", "the engine takes none"));
                        }
                    }
                    _ => dialect.placeholder(&mut out, places + 1),
                }
                places += 1;
            }
            Token::QuestionMark => out.push('?'),
            Token::End => ended = true,
            Token::Word if words.len() < 2 => {
                words.push(part);
                out.push_str(part);
            }
            _ => out.push_str(part),
        }
    }
    as_many("statement", places, statement.binds.len())?;
    let word = |at: usize| words.get(at).map_or(String::new(), |word| word.to_ascii_uppercase());
    let words = [word(0), word(1)];
    Ok(Translated { text: out, verb: verb(&words)?, words })
}

/// Refuses more or fewer placeholders than values.
pub(crate) fn as_many(what: &str, places: usize, binds: usize) -> Result<()> {
    if places == binds {
        return Ok(());
    }
    Err(Error::Sql(format!(
        "the {what} has {places} placeholder{} `?`, and {binds} value{} bound: bind one for each, in their \
         order (`??` is a question mark of the engine's)",
        if places == 1 { "" } else { "s" },
        if binds == 1 { " is" } else { "s are" },
    )))
}

/// Refuses a decimal where the engine has none.
#[must_use]
pub fn no_decimals(place: usize) -> Error {
    Error::Sql(format!(
        "value {place} is a decimal, which SQLite has none of: columns hold whole numbers in units of their \
         scale, so bind those (`price.rescale(2)?.units()`)"
    ))
}

/// A part of a condition of the user's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Piece<'t> {
    /// What stays as it is.
    Text(&'t str),
    /// `{name}`.
    Column(&'t str),
    /// `?`.
    Place,
}

/// Takes a condition apart, which must be whole in itself: it comes to stand between parentheses.
///
/// # Errors
/// [`Error::Sql`] where it isn't, and what `take` answers.
pub(crate) fn condition<'t>(
    text: &'t str,
    lexis: Lexis,
    mut take: impl FnMut(Piece<'t>) -> Result<()>,
) -> Result<()> {
    if text.contains('\0') {
        return Err(Error::Sql("a condition has a NUL in it; bind such values".to_owned()));
    }
    let mut tokens = Tokens { text, at: 0, lexis };
    let (mut depth, mut is_empty) = (0_usize, true);
    let unbalanced = || Error::Sql("a condition has parentheses that don't belong together".to_owned());
    loop {
        if let Some(name) = tokens.column() {
            is_empty = false;
            take(Piece::Column(name))?;
            continue;
        }
        let Some((token, part)) = tokens.next()? else { break };
        is_empty &= token == Token::Blank;
        match token {
            Token::Place => take(Piece::Place)?,
            Token::QuestionMark => take(Piece::Text("?"))?,
            Token::End => {
                return Err(Error::Sql("a condition is no statement: there is a `;` in it".to_owned()));
            }
            // What follows must not become part of the comment.
            Token::Blank if part.starts_with("--") || part.starts_with('#') => take(Piece::Text("\n"))?,
            Token::Other if part == "(" => {
                depth += 1;
                take(Piece::Text(part))?;
            }
            Token::Other if part == ")" => {
                depth = depth.checked_sub(1).ok_or_else(unbalanced)?;
                take(Piece::Text(part))?;
            }
            _ => take(Piece::Text(part))?,
        }
    }
    match (depth, is_empty) {
        (0, false) => Ok(()),
        (0, true) => Err(Error::Sql("there is nothing in a condition".to_owned())),
        _ => Err(unbalanced()),
    }
}

fn verb([first, second]: &[String; 2]) -> Result<Verb> {
    let refused = match first.as_str() {
        "" => Some("there is no statement in it"),
        "BEGIN" | "START" | "COMMIT" | "END" | "ROLLBACK" | "ABORT" | "SAVEPOINT" | "RELEASE" | "XA" => {
            Some("transactions are begun and ended by the database: use `db.transaction(…)` or `db.begin()`")
        }
        "SET" if second == "LOCAL" || second == "CONSTRAINTS" => None,
        "PREPARE" if second == "TRANSACTION" => Some("two-phase commits are none of the database's"),
        "SET" | "RESET" | "DISCARD" | "LISTEN" | "UNLISTEN" | "PREPARE" | "DEALLOCATE" | "ATTACH"
        | "DETACH" | "USE" | "LOCK" | "UNLOCK"
            if !(first == "LOCK" && second != "TABLES") =>
        {
            Some(
                "it would change one of the connections to the engine, which others use afterwards: say it in \
                 the provider's options",
            )
        }
        _ => None,
    };
    if let Some(why) = refused {
        let what = if first.is_empty() { "an empty statement".to_owned() } else { format!("`{first}`") };
        return Err(Error::Sql(format!("{what} can't be run: {why}")));
    }
    Ok(match first.as_str() {
        "SELECT" | "VALUES" | "TABLE" | "SHOW" | "EXPLAIN" | "PRAGMA" | "DESCRIBE" | "DESC" => Verb::Read,
        "WITH" => Verb::With,
        "INSERT" | "UPDATE" | "DELETE" | "REPLACE" | "MERGE" => Verb::Write,
        _ => Verb::Other,
    })
}

/// The values of a statement as its binds.
#[must_use]
pub fn binds(statement: &SqlStatement) -> Vec<Bind<'_>> {
    let all = statement.binds.iter().map(|bind| match bind {
        SqlBind::Value(value, _) => Bind::Value(value.as_ref()),
        SqlBind::List(values) => Bind::List(values),
    });
    all.collect()
}

/// A value of a result as what it is wanted as: engines compute whole numbers and decimals where others
/// have floats.
#[must_use]
pub fn as_wanted(kind: Kind, value: ValueRef<'_>) -> ValueRef<'_> {
    match (kind, value) {
        (Kind::F32 | Kind::F64, ValueRef::Decimal(d)) => {
            ValueRef::Float(d.units() as f64 / 10_f64.powi(d.scale().into()))
        }
        (Kind::F32 | Kind::F64, ValueRef::Int(n)) => ValueRef::Float(n as f64),
        (Kind::Decimal(_), ValueRef::Int(n)) => ValueRef::Decimal(Decimal::new(n, 0)),
        (kind, ValueRef::Decimal(d)) if kind.integer_range().is_some() => match d.rescale(0) {
            Ok(whole) => ValueRef::Int(whole.units()),
            Err(_) => value,
        },
        _ => value,
    }
}

fn shortened(text: &str) -> &str {
    text.char_indices().nth(30).map_or(text, |(end, _)| &text[..end])
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    Blank,
    Word,
    Place,
    QuestionMark,
    End,
    Other,
}

struct Tokens<'t> {
    text: &'t str,
    at: usize,
    lexis: Lexis,
}

impl<'t> Tokens<'t> {
    /// The name in `{name}`, if such follows.
    fn column(&mut self) -> Option<&'t str> {
        let rest = self.text[self.at..].strip_prefix('{')?;
        let end = rest.find(|c| !(is_of_word(c) || c == '.'))?;
        if end == 0 || !rest[end..].starts_with('}') {
            return None;
        }
        self.at += end + 2;
        Some(&rest[..end])
    }

    fn next(&mut self) -> Result<Option<(Token, &'t str)>> {
        let rest = &self.text[self.at..];
        let Some(first) = rest.chars().next() else { return Ok(None) };
        let (token, length) = self.token(rest, first)?;
        self.at += length;
        Ok(Some((token, &rest[..length])))
    }

    fn token(&self, rest: &str, first: char) -> Result<(Token, usize)> {
        let bytes = rest.as_bytes();
        let second = bytes.get(1).copied();
        let lexis = self.lexis;
        Ok(match first {
            '?' if second == Some(b'?') => (Token::QuestionMark, 2),
            '?' if second.is_some_and(|b| b.is_ascii_digit()) => {
                return Err(Error::Sql(
                    "a placeholder is a `?` alone, without a number: values are bound in their order"
                        .to_owned(),
                ));
            }
            '?' => (Token::Place, 1),
            ';' => (Token::End, 1),
            '\'' => (Token::Other, quoted(rest, 0, '\'', lexis.backslash_escapes)?),
            '"' => (Token::Other, quoted(rest, 0, '"', lexis.backslash_escapes)?),
            '`' if lexis.backticks => (Token::Other, quoted(rest, 0, '`', false)?),
            '[' if lexis.brackets => match rest.find(']') {
                Some(end) => (Token::Other, end + 1),
                None => return Err(open("a name in brackets")),
            },
            '-' if rest.starts_with("--") && (!lexis.spaced_dashes || is_spaced(bytes.get(2))) => {
                (Token::Blank, line(rest))
            }
            '#' if lexis.hash_comments => (Token::Blank, line(rest)),
            '/' if second == Some(b'*') => (Token::Blank, comment(rest, lexis.nested_comments)?),
            '$' if lexis.dollar_places && second.is_some_and(|b| b.is_ascii_digit()) => {
                return Err(Error::Sql("write `?` for a value, instead of `$1`".to_owned()));
            }
            '$' if lexis.dollar_texts => match dollar_text(rest)? {
                Some(length) => (Token::Other, length),
                None => (Token::Other, 1),
            },
            'e' | 'E' if lexis.escape_texts && second == Some(b'\'') => {
                (Token::Other, quoted(rest, 1, '\'', true)?)
            }
            first if first.is_whitespace() => (Token::Blank, first.len_utf8()),
            first if is_of_word(first) => {
                let end = rest.find(|c| !(is_of_word(c) || c == '$')).unwrap_or(rest.len());
                (Token::Word, end)
            }
            first => (Token::Other, first.len_utf8()),
        })
    }
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn is_spaced(byte: Option<&u8>) -> bool {
    byte.is_none_or(|b| b.is_ascii_whitespace() || b.is_ascii_control())
}

fn open(what: &str) -> Error {
    Error::Sql(format!("{what} has no end"))
}

/// The length of what is quoted, from the quote at `start` on. A doubled quote is one of the content.
fn quoted(rest: &str, start: usize, quote: char, escapes: bool) -> Result<usize> {
    let mut chars = rest.char_indices().skip_while(|(at, _)| *at <= start).peekable();
    while let Some((at, c)) = chars.next() {
        if c == '\\' && escapes {
            chars.next();
        } else if c == quote {
            if chars.peek().is_some_and(|(_, next)| *next == quote) {
                chars.next();
            } else {
                return Ok(at + 1);
            }
        }
    }
    Err(open(if quote == '\'' { "a text" } else { "a quoted name" }))
}

fn line(rest: &str) -> usize {
    rest.find('\n').map_or(rest.len(), |end| end + 1)
}

fn comment(rest: &str, nested: bool) -> Result<usize> {
    let (bytes, mut depth, mut at) = (rest.as_bytes(), 0_usize, 0);
    while at + 1 < bytes.len() {
        match &bytes[at..at + 2] {
            b"/*" if nested || depth == 0 => {
                depth += 1;
                at += 2;
            }
            b"*/" => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return Ok(at);
                }
            }
            _ => at += 1,
        }
    }
    Err(open("a comment"))
}

/// The length of a text between dollars, if one begins here.
fn dollar_text(rest: &str) -> Result<Option<usize>> {
    let Some(end) = rest[1..].find('$').map(|end| end + 2) else { return Ok(None) };
    let tag = &rest[..end];
    let name = &tag[1..tag.len() - 1];
    if name.starts_with(|c: char| c.is_ascii_digit()) || !name.chars().all(is_of_word) {
        return Ok(None);
    }
    match rest[end..].find(tag) {
        Some(close) => Ok(Some(end + close + tag.len())),
        None => Err(open("a text between dollars")),
    }
}
