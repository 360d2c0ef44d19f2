//! Connections that end in the middle of something.

use crate::server;
use orm_core::Error;
use orm_core::prelude::*;
use orm_provider_mysql::MysqlOptions;
use orm_tests::scenarios::blog::User;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// What happens to the next COMMIT that passes by.
const NOTHING: u8 = 0;
const LOST_ON_ITS_WAY: u8 = 1;
const LOST_ANSWER: u8 = 2;

/// Stands between the provider and the server.
struct Line {
    port: u16,
    fate: Arc<AtomicU8>,
    open: Arc<Mutex<Vec<TcpStream>>>,
}

impl Line {
    fn to(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let line =
            Line { port: listener.local_addr().unwrap().port(), fate: Arc::default(), open: Arc::default() };
        let (fate, open) = (Arc::clone(&line.fate), Arc::clone(&line.open));
        thread::spawn(move || {
            for client in listener.incoming() {
                let (client, server) = (client.unwrap(), TcpStream::connect(&server).unwrap());
                let (mut from, mut to) = (server.try_clone().unwrap(), client.try_clone().unwrap());
                open.lock().unwrap().push(client.try_clone().unwrap());
                let answers = thread::spawn(move || std::io::copy(&mut from, &mut to));
                let fate = Arc::clone(&fate);
                thread::spawn(move || {
                    requests(client, server, &fate);
                    drop(answers);
                });
            }
        });
        line
    }

    /// Ends all connections.
    fn cut(&self) {
        for stream in self.open.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

fn requests(mut client: TcpStream, mut server: TcpStream, fate: &AtomicU8) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(length @ 1..) = client.read(&mut buffer) {
        let request = &buffer[..length];
        if request.windows(7).any(|part| part == b"\x03COMMIT") {
            match fate.swap(NOTHING, Ordering::SeqCst) {
                NOTHING => {}
                fate => {
                    // Nobody hears the answer.
                    client.shutdown(Shutdown::Both).unwrap();
                    if fate == LOST_ANSWER {
                        server.write_all(request).unwrap();
                        server.shutdown(Shutdown::Write).unwrap();
                        thread::sleep(std::time::Duration::from_millis(100));
                    }
                    let _ = server.shutdown(Shutdown::Both);
                    return;
                }
            }
        }
        if server.write_all(request).is_err() {
            break;
        }
    }
    let _ = (client.shutdown(Shutdown::Both), server.shutdown(Shutdown::Both));
}

fn database() -> Option<(Line, Database)> {
    let server = server()?;
    let url = server.url();
    let at = url.rsplit_once('@').unwrap().1.split('/').next().unwrap();
    let line = Line::to(at.to_owned());
    let prefix = format!("lost_{}_", line.port);
    let url = url.replace(at, &format!("127.0.0.1:{}", line.port));
    let options = MysqlOptions::from_url(&url).unwrap().database_prefix(&prefix).pool_size(3);
    let db = Database::builder().provider(options.lazy().unwrap()).models::<User>().start().unwrap();
    Some((line, db))
}

fn user(id: u64) -> Draft<User> {
    User::draft().id(id).name("n")
}

#[test]
fn a_lost_commit_is_told_and_never_tried_again() {
    let Some((line, db)) = database() else { return };
    for (fate, stored) in [(LOST_ON_ITS_WAY, 0), (LOST_ANSWER, 1)] {
        let users = db.repository::<User>();
        let mut tries = 0;
        let outcome = db.transaction(|tx| {
            tries += 1;
            tx.repository::<User>().save(user(1))?;
            line.fate.store(fate, Ordering::SeqCst);
            Ok(())
        });
        assert!(matches!(outcome, Err(Error::CommitUnknown(_))), "{outcome:?}");
        assert_eq!(tries, 1);
        assert_eq!(users.count().unwrap(), stored);
        users.flush().unwrap();
    }
}

#[test]
fn a_connection_that_is_lost_before_is_told_and_tried_again() {
    let Some((line, db)) = database() else { return };
    let users = db.repository::<User>();
    let guard = db.begin().unwrap();
    guard.repository::<User>().save(user(1)).unwrap();
    line.cut();
    let error = guard.repository::<User>().save(user(2)).unwrap_err();
    assert!(matches!(error, Error::ConnectionLost(_)), "{error}");
    assert!(guard.commit().is_err());
    // What waits in the pool is dead as well; nobody notices.
    assert_eq!(users.count().unwrap(), 0);
    line.cut();
    users.save(user(1)).unwrap();

    let mut tries = 0;
    let saved = db.transaction(|tx| {
        tries += 1;
        tx.repository::<User>().save(user(2))?;
        if tries == 1 {
            line.cut();
        }
        tx.repository::<User>().save(user(3))?;
        Ok(())
    });
    saved.unwrap();
    assert_eq!((tries, users.count().unwrap()), (2, 3));
}
