//! What is told of calls to those who listen by `tracing`.
#![cfg(feature = "tracing")]

use orm_core::connection::ConnectionName;
use orm_core::model::schema::EntitySchema;
use orm_core::plan::{Change, Select, WriteBatch, Written};
use orm_core::prelude::*;
use orm_core::provider::{
    Capabilities, Connection, DataProvider, Row, RowSink, SchemaSync, SqlSink, SqlStatement, SyncReport,
    Transaction, TxOptions,
};
use orm_core::value::ValueRef;
use orm_core::{Error, Result};
use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

#[derive(Model, Debug, Clone, PartialEq)]
struct Account {
    #[key]
    id: u64,
    name: String,
    #[field(hidden)]
    password: String,
}

/// Answers three records to whatever is read, and takes whatever is written.
#[derive(Clone)]
struct Fixed {
    takes: Duration,
}

struct Record3(i64);

impl Row for Record3 {
    fn value(&self, column: usize) -> ValueRef<'_> {
        if column == 0 { ValueRef::Int(self.0) } else { ValueRef::Text("x") }
    }
}

impl Fixed {
    fn rows(&self, sink: &mut dyn RowSink) -> Result<()> {
        std::thread::sleep(self.takes);
        for id in 1..=3 {
            if sink.row(&Record3(id))? == orm_core::provider::Flow::Stop {
                break;
            }
        }
        Ok(())
    }

    fn write(&self, batch: &WriteBatch) -> Result<Written> {
        let mut written = Written::default();
        for write in &batch.writes {
            if let Change::Clear = write.change {
                return Err(Error::Busy("others hold `s3cret`".to_owned()));
            }
            written.affected.push(1);
        }
        Ok(written)
    }
}

impl DataProvider for Fixed {
    fn capabilities(&self) -> &Capabilities {
        const { &Capabilities::full("fixed").with_sql() }
    }

    fn open(&self, _: &ConnectionName) -> Result<Arc<dyn Connection>> {
        Ok(Arc::new(self.clone()))
    }
}

impl Connection for Fixed {
    fn sync(&self, _: &[&'static EntitySchema], _: SchemaSync) -> Result<SyncReport> {
        Ok(SyncReport::default())
    }

    fn select(&self, _: &Arc<Select>, sink: &mut dyn RowSink) -> Result<()> {
        self.rows(sink)
    }

    fn sql(&self, _: &Arc<SqlStatement>, sink: &mut dyn SqlSink) -> Result<u64> {
        sink.columns(&["id", "name", "password"])?;
        self.rows(sink).map(|()| 0)
    }

    fn apply(&self, batch: &mut WriteBatch) -> Result<Written> {
        self.write(batch)
    }

    fn begin(&self, _: &TxOptions) -> Result<Box<dyn Transaction>> {
        Ok(Box::new(self.clone()))
    }
}

impl Transaction for Fixed {
    fn select(&mut self, _: &Arc<Select>, sink: &mut dyn RowSink) -> Result<()> {
        self.rows(sink)
    }

    fn apply(&mut self, batch: &mut WriteBatch) -> Result<Written> {
        self.write(batch)
    }

    fn savepoint(&mut self, _: u32) -> Result<()> {
        Ok(())
    }

    fn rollback_to(&mut self, _: u32) -> Result<()> {
        Ok(())
    }

    fn release(&mut self, _: u32) -> Result<()> {
        Ok(())
    }

    fn commit(self: Box<Self>) -> Result<()> {
        Ok(())
    }

    fn rollback(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}

type Fields = BTreeMap<&'static str, String>;

/// Gathers spans and events.
#[derive(Default)]
struct Gathered {
    next: AtomicU64,
    spans: Mutex<Vec<(u64, Fields)>>,
    events: Mutex<Vec<(Level, Fields)>>,
    entered: Mutex<HashMap<u64, u64>>,
    only: Option<Level>,
}

struct Into<'f>(&'f mut Fields);

impl Visit for Into<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }
}

#[derive(Clone, Default)]
struct Listener(Arc<Gathered>);

impl Subscriber for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "orm" && self.0.only.is_none_or(|level| *metadata.level() <= level)
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let id = self.0.next.fetch_add(1, Ordering::SeqCst) + 1;
        let mut fields = Fields::new();
        span.record(&mut Into(&mut fields));
        self.0.spans.lock().unwrap().push((id, fields));
        Id::from_u64(id)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        let mut spans = self.0.spans.lock().unwrap();
        let found = spans.iter_mut().find(|(id, _)| *id == span.into_u64());
        values.record(&mut Into(&mut found.expect("a span").1));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::new();
        event.record(&mut Into(&mut fields));
        self.0.events.lock().unwrap().push((*event.metadata().level(), fields));
    }

    fn enter(&self, span: &Id) {
        *self.0.entered.lock().unwrap().entry(span.into_u64()).or_default() += 1;
    }

    fn exit(&self, _: &Id) {}
}

impl Listener {
    fn spans(&self) -> Vec<Fields> {
        std::mem::take(&mut *self.0.spans.lock().unwrap()).into_iter().map(|(_, fields)| fields).collect()
    }

    fn warnings(&self) -> Vec<Fields> {
        let events = std::mem::take(&mut *self.0.events.lock().unwrap());
        events.into_iter().filter(|(level, _)| *level == Level::WARN).map(|(_, fields)| fields).collect()
    }

    fn all_text(&self) -> String {
        format!("{:?} {:?}", self.0.spans.lock().unwrap(), self.0.events.lock().unwrap())
    }
}

fn listening<R>(listener: &Listener, work: impl FnOnce() -> R) -> R {
    tracing::subscriber::with_default(listener.clone(), work)
}

fn database(takes: u64) -> orm_core::database::Builder<orm_core::Blocking> {
    let provider = Fixed { takes: Duration::from_millis(takes) };
    Database::builder().provider(provider).connection("shop").models::<Account>().retries(0)
}

fn of<'f>(fields: &'f Fields, name: &str) -> &'f str {
    fields.get(name).map_or("", String::as_str)
}

#[test]
fn every_call_has_a_span() {
    let listener = Listener::default();
    listening(&listener, || {
        let db = database(0).start().unwrap();
        assert_eq!(of(&listener.spans()[0], "operation"), "sync");
        let accounts = db.repository::<Account>();
        accounts.query().filter(|a| a.name.eq("Ada")).get().unwrap();
        accounts.find(7).unwrap();
        db.sql("SELECT * FROM accounts WHERE name = ?").bind("Ada").fetch::<Account>().unwrap();
        assert_eq!(db.sql("SELECT *").stream::<Account>().count(), 3);
        accounts.query().filter(|a| a.id.eq(1)).delete().unwrap();
        assert!(accounts.flush().is_err());
        let tx = db.begin().unwrap();
        tx.repository::<Account>().query().get().unwrap();
        tx.commit().unwrap();
    });
    let told = listener.spans();
    let seen: Vec<_> = told
        .iter()
        .map(|span| (of(span, "operation"), of(span, "entity"), of(span, "rows"), of(span, "error")))
        .collect();
    assert_eq!(
        seen,
        [
            ("select", "accounts", "3", ""),
            ("find", "accounts", "1", ""),
            ("sql", "", "3", ""),
            ("sql", "", "3", ""),
            ("delete", "accounts", "1", ""),
            ("clear", "accounts", "0", "Busy"),
            ("begin", "", "0", ""),
            ("select", "accounts", "3", ""),
            ("commit", "", "0", ""),
        ]
    );
    assert!(told.iter().all(|span| of(span, "connection") == "shop" && span.contains_key("duration_us")));
    assert_eq!(of(&told[0], "statement"), "records of accounts, where name = ?");
    assert_eq!(of(&told[2], "statement"), "SELECT * FROM accounts WHERE name = ?");
    // The work happens within.
    assert!(listener.0.entered.lock().unwrap().len() >= 10);
}

#[test]
fn values_are_told_when_asked_for_and_secrets_never() {
    let work = |db: &Database| {
        let accounts = db.repository::<Account>();
        let account = || Account { id: 1, name: "Ada".to_owned(), password: "s3cret".to_owned() };
        accounts.insert(account()).unwrap();
        accounts.save_json(r#"{ "id": 2, "name": "Ada", "password": "s3cret" }"#).unwrap();
        accounts.query().filter(|a| a.name.eq("Ada").and(a.password.eq("s3cret"))).get().unwrap();
        accounts.query().filter(|a| a.password.in_(["s3cret"])).update(|a| a.password.set("s3cret")).unwrap();
        assert!(accounts.flush().is_err());
        db.sql("SELECT ?").bind("s3cret").execute().unwrap();
    };
    for values in [false, true] {
        let listener = Listener::default();
        listening(&listener, || {
            work(&database(0).log_values(values).slow_statements(Duration::ZERO).start().unwrap());
        });
        let all = listener.all_text();
        assert!(!all.contains("s3cret"), "{all}");
        assert_eq!(all.contains("Ada"), values, "{all}");
        assert_eq!(all.contains("(hidden)"), values, "{all}");
        if values {
            let spans = listener.spans();
            let of_operation = |name: &str| {
                let found = spans.iter().find(|span| of(span, "operation") == name);
                found.map_or(String::new(), |span| of(span, "values").to_owned())
            };
            assert_eq!(of_operation("select"), "name: text \"Ada\", password: (hidden)");
            assert_eq!(
                of_operation("insert"),
                "Account { id: integer 1, name: text \"Ada\", password: (hidden) }"
            );
            assert_eq!(of_operation("update"), "password: (hidden), password: (hidden)");
        }
    }
}

#[test]
fn slow_statements_are_warned_of() {
    let listener = Listener(Arc::new(Gathered { only: Some(Level::WARN), ..Gathered::default() }));
    listening(&listener, || {
        let quick = database(0).slow_statements(Duration::from_secs(5)).start().unwrap();
        quick.repository::<Account>().query().get().unwrap();
        assert_eq!(listener.warnings(), []);
        let slow = database(30).slow_statements(Duration::from_millis(20)).start().unwrap();
        slow.repository::<Account>().query().filter(|a| a.id.gt(4)).get().unwrap();
        slow.repository::<Account>().query().filter(|a| a.id.eq(1)).delete().unwrap();
    });
    let warnings = listener.warnings();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    let warning = &warnings[0];
    assert_eq!(of(warning, "message"), "slow statement");
    assert_eq!((of(warning, "connection"), of(warning, "entity")), ("shop", "accounts"));
    assert_eq!((of(warning, "operation"), of(warning, "rows")), ("select", "3"));
    assert_eq!(of(warning, "statement"), "records of accounts, where id > ?");
    assert!(of(warning, "duration_us").parse::<u64>().unwrap() >= 30_000);
    // Nobody asked for spans.
    assert_eq!(listener.spans(), Vec::<Fields>::new());
}

#[test]
fn futures_are_within_their_spans() {
    let listener = Listener::default();
    let db = listening(&listener, || {
        let builder = orm_core::asynchronous::Database::builder().provider(Fixed { takes: Duration::ZERO });
        block_on(builder.models::<Account>().start()).unwrap()
    });
    listener.spans();
    listening(&listener, || {
        assert_eq!(block_on(db.repository::<Account>().query().get()).unwrap().len(), 3);
    });
    let told = listener.spans();
    assert_eq!((of(&told[0], "operation"), of(&told[0], "rows")), ("select", "3"));
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    use std::task::{Context, Poll, Wake, Waker};
    struct Unpark(std::thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut work = std::pin::pin!(work);
    loop {
        match work.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(done) => return done,
            Poll::Pending => std::thread::park(),
        }
    }
}
