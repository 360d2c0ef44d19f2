//! Futures that are dropped at any poll: nothing half-done is found, and the one connection to the
//! server is fit for whoever comes next.

use orm_core::Error;
use orm_core::asynchronous::prelude::*;
use orm_tests::executor::block_on;
use orm_tests::polling::poll_and_drop;
use orm_tests::scenarios::blog::{Post, User};
use orm_tests::scenarios::library::{Author, Book};
use orm_tests::servers::FaultyServer;

/// More polls than anything here needs.
const POLLS: usize = 400;

/// A database with one connection to the server.
struct Narrow<S: 'static> {
    server: &'static S,
    name: &'static str,
    db: Database,
}

impl<S: FaultyServer> Narrow<S> {
    fn new(name: &'static str) -> Option<Self> {
        let server = S::shared()?;
        let provider = server.provider_at(&server.address(), name, 1).unwrap();
        let db = Database::builder().provider(provider).models::<(User, Author)>().start();
        Some(Self { server, name, db: block_on(db).unwrap() })
    }

    /// Waits for the connection by asking something of it, and looks what the server says of it.
    fn is_settled(&self, polls: usize) {
        block_on(self.db.repository::<User>().count()).unwrap();
        let open = self.server.open_transactions(self.name);
        assert_eq!(open, 0, "after {polls} polls, the connection is in a transaction");
    }

    /// Forgets all users and posts.
    fn clear(&self) {
        block_on(self.db.repository::<User>().flush()).unwrap();
        block_on(self.db.repository::<Post>().flush()).unwrap();
    }
}

fn nested(id: u64) -> Draft<User> {
    let posts = (0..3).map(|i| Post::draft().id(id * 10 + i).title("t"));
    User::draft().id(id).name("n").posts(posts)
}

/// Does something that is dropped after ever more polls, until it comes to its end. `check` is told
/// whether it did.
fn at_each_poll<S: FaultyServer>(
    narrow: &Narrow<S>,
    mut begin: impl AsyncFnMut(usize),
    mut check: impl FnMut(usize, bool),
) {
    for polls in 0..POLLS {
        let ended = poll_and_drop(begin(polls), polls);
        narrow.is_settled(polls);
        check(polls, ended);
        if ended {
            return;
        }
    }
    panic!("it never ended");
}

pub(crate) fn saves_are_whole_or_nothing<S: FaultyServer>() {
    let Some(narrow) = Narrow::<S>::new("dropped_save") else { return };
    let (users, posts) = (narrow.db.repository::<User>(), narrow.db.repository::<Post>());
    let id = |polls: usize| polls as u64 + 1;
    at_each_poll(
        &narrow,
        async |polls| users.save(nested(id(polls))).await.map(drop).unwrap(),
        |polls, ended| {
            let stored = block_on(users.find(id(polls))).unwrap();
            let children = block_on(posts.query().filter(|p| p.author_id.eq(id(polls))).count()).unwrap();
            assert_eq!(children, if stored.is_some() { 3 } else { 0 }, "after {polls} polls");
            assert!(stored.is_some() || !ended);
        },
    );
}

pub(crate) fn removals_are_whole_or_nothing<S: FaultyServer>() {
    let Some(narrow) = Narrow::<S>::new("dropped_removal") else { return };
    let (authors, books) = (narrow.db.repository::<Author>(), narrow.db.repository::<Book>());
    let add = || {
        let written = (1..=3).map(|id| Book::draft().id(id).title("b"));
        block_on(authors.save(Author::draft().id(1).name("a").books(written))).unwrap();
    };
    add();
    at_each_poll(
        &narrow,
        async |_| authors.force_destroy(1).await.map(drop).unwrap(),
        |polls, ended| {
            let left = block_on(authors.query().with_deleted().count()).unwrap();
            let of_theirs = block_on(books.query().filter(|b| b.author_id.eq(1)).count()).unwrap();
            assert_eq!(of_theirs, 3 * left, "after {polls} polls");
            assert!(left == 0 || !ended);
            add();
        },
    );
}

pub(crate) fn transactions_leave_nothing<S: FaultyServer>() {
    let Some(narrow) = Narrow::<S>::new("dropped_transaction") else { return };
    for options in [TxOptions::new(), TxOptions::new().read_committed(), TxOptions::new().serializable()] {
        at_each_poll(
            &narrow,
            async |_| {
                let body = narrow.db.transaction_with(options, async |tx| {
                    let users = tx.repository::<User>();
                    users.save(nested(1)).await?;
                    users.query().for_update().no_wait().get().await?;
                    users.save(nested(2)).await?;
                    Ok(users.query().with(|u| u.posts).get().await?.len())
                });
                assert_eq!(body.await.unwrap(), 2);
            },
            |polls, ended| {
                let stored = block_on(narrow.db.repository::<User>().count()).unwrap();
                assert!(stored == 2 || stored == 0 && !ended, "{stored} after {polls} polls");
                narrow.clear();
            },
        );
    }
}

/// Is pending once.
async fn pause() {
    let mut paused = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut paused, true) {
            return std::task::Poll::Ready(());
        }
        context.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await;
}

pub(crate) fn savepoints_take_their_transaction_down<S: FaultyServer>() {
    let Some(narrow) = Narrow::<S>::new("dropped_savepoint") else { return };
    for polls in 0..POLLS {
        let tx = block_on(narrow.db.begin()).unwrap();
        let savepoint = tx.transaction(async |inner| {
            let users = inner.repository::<User>();
            users.save(nested(1)).await?;
            pause().await;
            users.save(nested(2)).await.map(drop)
        });
        let ended = poll_and_drop(savepoint, polls);
        let committed = block_on(tx.commit());
        narrow.is_settled(polls);
        let stored = block_on(narrow.db.repository::<User>().count()).unwrap();
        assert_eq!(stored, if ended { 2 } else { 0 }, "{polls} polls, {committed:?}");
        narrow.clear();
        if ended {
            committed.unwrap();
            return;
        }
        assert!(matches!(committed, Err(Error::TransactionClosed(_))) || polls == 0, "{committed:?}");
    }
    panic!("the savepoint never ended");
}

pub(crate) fn guards_are_committed_whole_or_not_at_all<S: FaultyServer>() {
    let Some(narrow) = Narrow::<S>::new("dropped_guard") else { return };
    // The beginning, and then the end.
    at_each_poll(&narrow, async |_| drop(narrow.db.begin().await.unwrap()), |_, _| {});
    for rolled_back in [false, true] {
        let mut ended = false;
        for polls in 0..POLLS {
            let tx = block_on(narrow.db.begin()).unwrap();
            block_on(tx.repository::<User>().save_many([nested(1), nested(2)])).unwrap();
            ended = if rolled_back {
                poll_and_drop(tx.rollback(), polls)
            } else {
                poll_and_drop(tx.commit(), polls)
            };
            narrow.is_settled(polls);
            let stored = block_on(narrow.db.repository::<User>().count()).unwrap();
            assert!(stored == 0 || stored == 2 && !rolled_back, "{stored} after {polls} polls");
            assert!(stored == 2 || rolled_back || !ended);
            narrow.clear();
            if ended {
                break;
            }
        }
        assert!(ended);
    }
}

pub(crate) fn reads_leave_the_connection_usable<S: FaultyServer>() {
    let Some(narrow) = Narrow::<S>::new("dropped_read") else { return };
    let users = narrow.db.repository::<User>();
    block_on(users.save_many((1..=300).map(nested))).unwrap();
    at_each_poll(
        &narrow,
        async |_| assert_eq!(users.query().with(|u| u.posts).get().await.unwrap().len(), 300),
        |_, _| assert_eq!(block_on(users.count()).unwrap(), 300),
    );
}

pub(crate) fn streams_leave_the_connection_usable<S: FaultyServer>() {
    let Some(narrow) = Narrow::<S>::new("dropped_stream") else { return };
    let users = narrow.db.repository::<User>();
    block_on(users.save_many((1..=2_500).map(|id| User::draft().id(id).name("n")))).unwrap();
    at_each_poll(
        &narrow,
        async |_| {
            let mut rows = users.query().chunk(1_000);
            let mut count = 0;
            while let Some(chunk) = rows.next().await {
                count += chunk.unwrap().len();
            }
            assert_eq!(count, 2_500);
        },
        |_, _| assert_eq!(block_on(users.count()).unwrap(), 2_500),
    );
}
