//! Whole builds: many models that are used, and one model from nothing, beside the peers.

use crate::compile::{core_by_path, source};
use crate::package::{Package, cargo};
use crate::report::{Report, Unit, Work};
use crate::{Form, Outcome};
use std::fmt::Write as _;

/// How many crates a program with one model may be made of.
const CRATES: f64 = 32.0;

pub(crate) fn run(form: &Form, report: &mut Report) -> Outcome {
    used(form, report)?;
    from_nothing(report)
}

/// A program of models, each with a find, a query and a save.
fn used(form: &Form, report: &mut Report) -> Outcome {
    let models = form.pick(100, 20);
    let memory = crate::workspace()?.join("orm-providers/memory");
    let dependencies = format!("{}\norm-provider-memory = {{ path = {memory:?} }}", core_by_path()?);
    for (mode, asynchronous) in [("blocking", false), ("async", true)] {
        let program = |used: usize| -> Outcome<Package> {
            let name = format!("used-{mode}-{used}");
            Package::program(&name, &dependencies, uses(used, asynchronous)?)
        };
        let (many, few) = (program(models)?, program(1)?);
        for (profile, args) in [
            ("debug", &["build", "--offline", "--quiet"][..]),
            ("release", &["build", "--offline", "--quiet", "--release"][..]),
        ] {
            // What they depend on is built first, and not counted.
            few.run(cargo(), args, false)?;
            let work = |work: &str, unit| Work {
                group: "build",
                work: format!("`cargo build` of {models} models in use, {mode}, {profile}: {work}"),
                against: "one model",
                unit,
                bar: None,
            };
            let seconds = |package: &Package| package.time(args, 1, false).map(|time| time.as_secs_f64());
            report.numbers(work("time", Unit::Seconds), seconds(&many)?, seconds(&few)?);
            if let (Some(many), Some(few)) = (many.memory(args)?, few.memory(args)?) {
                report.numbers(work("peak memory", Unit::Mebibytes), many, few);
            }
            let (large, small) = (many.size(profile)? as f64, few.size(profile)? as f64);
            let mebibytes = |bytes: f64| bytes / f64::from(1 << 20);
            report.numbers(work("size", Unit::Mebibytes), mebibytes(large), mebibytes(small));
            let each = (large - small) / (models as f64 - 1.0);
            println!("each further model takes {:.1} KiB of the program ({mode}, {profile})", each / 1024.0);
        }
    }
    Ok(())
}

fn uses(models: usize, asynchronous: bool) -> Result<String, std::fmt::Error> {
    let (prelude, wait) = match asynchronous {
        true => ("use orm_core::asynchronous::prelude::*;", ".await"),
        false => ("use orm_core::prelude::*;", ""),
    };
    let function = if asynchronous { "async fn" } else { "fn" };
    let mut out = format!("//! Models that are made to be used.\n\n{prelude}\n");
    out.push_str(&source(models, true)?);
    for i in 0..models {
        write!(
            out,
            "\n{function} use_{i}(db: &Database) -> orm_core::Result<usize> {{\n    \
             let models = db.repository::<Model{i}>();\n    \
             let found = models.find(1){wait}?;\n    \
             if let Some(found) = found {{\n        models.save(found){wait}?;\n    }}\n    \
             let all = models.query().filter(|m| m.age.ge(18).and(m.name.eq(\"x\"))).order_by(|m| m.score.desc());\n    \
             Ok(all.with(|m| m.others).get(){wait}?.len())\n}}\n"
        )?;
    }
    write!(
        out,
        "\n{function} all() -> orm_core::Result<usize> {{\n    \
         let db = Database::builder().provider(orm_provider_memory::Memory::new()).start(){wait}?;\n    \
         let mut sum = 0;\n"
    )?;
    for i in 0..models {
        writeln!(out, "    sum += use_{i}(&db){wait}?;")?;
    }
    out.push_str("    Ok(sum)\n}\n\nfn main() {\n");
    out.push_str(match asynchronous {
        // Memory answers at once.
        true => {
            "    let mut context = std::task::Context::from_waker(std::task::Waker::noop());\n    \
             println!(\"{:?}\", std::pin::pin!(all()).poll(&mut context));\n"
        }
        false => "    println!(\"{:?}\", all());\n",
    });
    out.push_str("}\n");
    Ok(out)
}

const ONE_MODEL: &str = r#"//! One model.

use orm_core::prelude::*;

#[derive(Model, Debug)]
struct User {
    #[key]
    id: u64,
    name: String,
}

fn main() -> orm_core::Result<()> {
    let db = Database::builder().provider(orm_provider_memory::Memory::new()).start()?;
    println!("{:?}", db.repository::<User>().save(User::draft().id(1).name("Ada"))?);
    Ok(())
}
"#;

const ONE_DIESEL: &str = r#"//! One table.

use diesel::prelude::*;

diesel::table! {
    users (id) {
        id -> Integer,
        name -> Text,
    }
}

#[derive(Queryable, Insertable, Debug)]
#[diesel(table_name = users)]
struct User {
    id: i32,
    name: String,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut db = SqliteConnection::establish(":memory:")?;
    diesel::sql_query("CREATE TABLE users (id INTEGER PRIMARY KEY NOT NULL, name TEXT NOT NULL)").execute(&mut db)?;
    diesel::insert_into(users::table).values(User { id: 1, name: "Ada".to_owned() }).execute(&mut db)?;
    println!("{:?}", users::table.load::<User>(&mut db)?);
    Ok(())
}
"#;

const ONE_SEA_ORM: &str = r#"//! One entity.

mod user {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "users")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub name: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

use sea_orm::{ConnectionTrait, Database, EntityTrait, Schema};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), sea_orm::DbErr> {
    let db = Database::connect("sqlite::memory:").await?;
    let schema = Schema::new(db.get_database_backend()).create_table_from_entity(user::Entity);
    db.execute(&schema).await?;
    println!("{:?}", user::Entity::find().all(&db).await?);
    Ok(())
}
"#;

/// What it takes to compile everything that a program with one model needs: once each, since it is long.
fn from_nothing(report: &mut Report) -> Outcome {
    let memory = crate::workspace()?.join("orm-providers/memory");
    let core = crate::workspace()?.join("orm-core");
    let ours = format!("orm-core = {{ path = {core:?} }}\norm-provider-memory = {{ path = {memory:?} }}");
    let (crates, seconds) = clean(&Package::program("one-model", &ours, ONE_MODEL.to_owned())?.alone()?)?;
    let count = Work {
        group: "build",
        work: "clean build of core, derive and memory with one model: crates".to_owned(),
        against: "the number that is allowed",
        unit: Unit::Crates,
        bar: Some(1.0),
    };
    report.numbers(count, crates, CRATES);

    let diesel = "diesel = { version = \"2.3\", features = [\"sqlite\"] }\nlibsqlite3-sys = { version = \"*\", features = [\"bundled\"] }";
    let sea_orm = "sea-orm = { version = \"2.0.0-rc\", features = [\"sqlx-sqlite\", \"runtime-tokio\"] }\ntokio = { version = \"1\", features = [\"macros\", \"rt\"] }";
    for (against, name, dependencies, source) in [
        ("diesel with bundled SQLite", "one-diesel", diesel, ONE_DIESEL),
        ("sea-orm with SQLite", "one-sea-orm", sea_orm, ONE_SEA_ORM),
    ] {
        let work = |what: &str, unit| Work {
            group: "build",
            work: format!("clean build of core, derive and memory with one model: {what}"),
            against,
            unit,
            bar: Some(1.0),
        };
        let package = Package::program(name, dependencies, source.to_owned())?.alone()?;
        // Peers come from the registry, which isn't there everywhere.
        match clean(&package) {
            Ok((their_crates, their_seconds)) => {
                report.numbers(work("processor time", Unit::Seconds), seconds, their_seconds);
                report.numbers(Work { bar: None, ..work("crates", Unit::Crates) }, crates, their_crates);
            }
            Err(error) => println!("skipped: {against} can't be built ({})", error.to_string().trim()),
        }
    }
    Ok(())
}

/// How many crates are compiled, and the processor time that it takes.
fn clean(package: &Package) -> Outcome<(f64, f64)> {
    package.run(cargo(), &["fetch", "--quiet"], false)?;
    let before = of_children().ok_or("this system doesn't say what processes took")?;
    let said = package.run(cargo(), &["build", "--offline"], false)?;
    let after = of_children().ok_or("this system doesn't say what processes took")?;
    let crates = said.lines().filter(|line| line.trim_start().starts_with("Compiling")).count();
    // The program itself is one of them.
    Ok((crates as f64 - 1.0, after - before))
}

/// The processor time of all processes that were waited for, in seconds.
fn of_children() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name, in brackets, may hold anything; `cutime` and `cstime` are the 16th and 17th in all.
    let after_name = stat.rsplit_once(')')?.1;
    let mut fields = after_name.split_whitespace().skip(13);
    let (user, system): (f64, f64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    // Ticks of a hundredth of a second, as Linux tells them to programs.
    Some((user + system) / 100.0)
}
