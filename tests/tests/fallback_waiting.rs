//! Async engines in blocking code.

use orm_core::connection::ConnectionName;
use orm_core::model::schema::EntitySchema;
use orm_core::plan::{Select, WriteBatch, Written};
use orm_core::provider::fallback::{Gather, Record, complete};
use orm_core::provider::*;
use orm_core::value::{KeyValues, Value};
use orm_core::{Error, Result};
use orm_tests::hand_built::*;
use orm_tests::row;
use orm_tests::tiny::Tiny;
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::Poll;

/// Tiny on threads, as a server would be; it may be told that waiting would dead-lock.
struct Server {
    tiny: Tiny,
    inside: Arc<AtomicUsize>,
}

impl AsyncDataProvider for Server {
    fn capabilities(&self) -> &Capabilities {
        &Tiny::CAPABILITIES
    }
    fn open<'a>(&'a self, connection: &'a ConnectionName) -> BoxFuture<'a, Result<Arc<dyn AsyncConnection>>> {
        Box::pin(async move {
            let inner = complete(&Tiny::CAPABILITIES, self.tiny.open(connection)?);
            Ok(Arc::new(Threads::new(inner, "server", 2)) as Arc<dyn AsyncConnection>)
        })
    }
    fn may_block(&self) -> Result<()> {
        match self.inside.load(SeqCst) {
            0 => Ok(()),
            _ => Err(Error::unsupported("blocking", "this is the runtime's own thread")),
        }
    }
}

#[test]
fn an_async_provider_in_blocking_code() {
    let inside = Arc::new(AtomicUsize::new(0));
    let server = Server { tiny: Tiny::default(), inside: Arc::clone(&inside) };
    let counted = Counted::new(server).with_log();
    let waiting = Waiting::new(Arc::new(counted.clone()));
    let name = ConnectionName::new("server").unwrap();
    let connection = waiting.open(&name).unwrap();
    assert_eq!(connection.sync(&ALL, SchemaSync::Create).unwrap().created.len(), 5);
    let mut batch = WriteBatch { writes: sample(), links: Vec::new() };
    connection.apply(&mut batch).unwrap();
    assert_eq!(batch.writes.len(), 5);
    assert_eq!(counted.statements().writes, 5);
    counted.reset();

    let by_age = Select { order: vec![descending(2)], ..Select::all(&USERS) };
    assert_eq!(ints(&read(&*connection, by_age.clone()).unwrap(), 0), [1, 3, 4, 2]);
    let posts = read(&*connection, led_to(&USERS, 2, &[1])).unwrap();
    assert_eq!(ints(&posts, 3), [1, 1, 1]);
    // The sink's word is kept: enough is enough, and its error comes out.
    let mut first = Gather::new(5).at_most(1);
    connection.select(&Arc::new(by_age.clone()), &mut first).unwrap();
    assert_eq!(ints(&first.rows, 0), [1]);
    struct Refuses;
    impl RowSink for Refuses {
        fn row(&mut self, _: &dyn Row) -> Result<Flow> {
            Err(Error::unsupported("this row", "the sink says so"))
        }
    }
    let refused = connection.select(&Arc::new(by_age), &mut Refuses).unwrap_err();
    assert!(refused.to_string().contains("the sink says so"));

    let mut transaction = connection.begin(&TxOptions::default()).unwrap();
    transaction.apply(&mut two_posts()).unwrap();
    let mut found = Gather::new(3);
    transaction.find(&POSTS, &KeyValues::one(Value::Int(101)), &mut found).unwrap();
    assert_eq!(found.rows.len(), 1);
    transaction.savepoint(1).unwrap();
    transaction.release(1).unwrap();
    transaction.commit().unwrap();
    assert_eq!(counted.log()[..2], ["read users", "read posts"]);

    let mut transaction = connection.begin(&TxOptions::default()).unwrap();
    inside.store(1, SeqCst);
    assert!(matches!(connection.apply(&mut two_posts()), Err(Error::Unsupported { .. })));
    assert!(matches!(transaction.savepoint(1), Err(Error::Unsupported { .. })));
    assert!(waiting.open(&name).is_err());
}

/// Puts out one row at each poll, without end.
struct Endless;

impl AsyncDataProvider for Endless {
    fn capabilities(&self) -> &Capabilities {
        &Tiny::CAPABILITIES
    }
    fn open<'a>(&'a self, _: &'a ConnectionName) -> BoxFuture<'a, Result<Arc<dyn AsyncConnection>>> {
        Box::pin(async { Ok(Arc::new(Endless) as Arc<dyn AsyncConnection>) })
    }
}

impl AsyncConnection for Endless {
    fn sync(&self, _: Vec<&'static EntitySchema>, _: SchemaSync) -> BoxFuture<'_, Result<SyncReport>> {
        Box::pin(async { Ok(SyncReport::default()) })
    }
    fn select(
        &self,
        _: Arc<Select>,
        mut sink: Box<dyn RowSink>,
    ) -> BoxFuture<'_, (Box<dyn RowSink>, Result<()>)> {
        Box::pin(async move {
            loop {
                let row = Record::from(row![1, "x"]);
                if matches!(sink.row(&row), Ok(Flow::Stop)) {
                    return (sink, Ok(()));
                }
                let mut polled = false;
                poll_fn(|context| {
                    context.waker().wake_by_ref();
                    match std::mem::replace(&mut polled, true) {
                        true => Poll::Ready(()),
                        false => Poll::Pending,
                    }
                })
                .await;
            }
        })
    }
    fn apply(&self, batch: WriteBatch) -> BoxFuture<'_, (WriteBatch, Result<Written>)> {
        Box::pin(async { (batch, Ok(Written::default())) })
    }
    fn begin(&self, _: TxOptions) -> BoxFuture<'_, Result<Box<dyn AsyncTransaction>>> {
        Box::pin(async { Err(Error::unsupported("transactions", "there are none")) })
    }
}

#[test]
fn an_async_engine_stops_when_its_sink_has_enough() {
    let name = ConnectionName::new("endless").unwrap();
    let connection = Waiting::new(Arc::new(Endless)).open(&name).unwrap();
    let mut three = Gather::new(2).at_most(3);
    let plan = Arc::new(Select::all(&PASSES));
    connection.select(&plan, &mut three).unwrap();
    assert_eq!(ints(&three.rows, 0), [1, 1, 1]);
}
