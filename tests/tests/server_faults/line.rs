//! What stands between a provider and its server, and cuts them off.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It never reaches the server.
    LostOnItsWay,
    /// It does, but nobody hears the answer.
    LostAnswer,
}

/// Stands between a provider and its server.
pub(crate) struct Line {
    port: u16,
    watch: Arc<Mutex<Watch>>,
    open: Arc<Mutex<Vec<TcpStream>>>,
}

/// What to look out for.
#[derive(Default)]
struct Watch {
    /// The bytes by which a request is known.
    mark: Vec<u8>,
    fate: Option<Fate>,
    /// How often it passed by.
    seen: usize,
}

impl Line {
    pub(crate) fn to(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let line = Self { port, watch: Arc::default(), open: Arc::default() };
        let (watch, open) = (Arc::clone(&line.watch), Arc::clone(&line.open));
        thread::spawn(move || {
            for client in listener.incoming() {
                let (client, server) = (client.unwrap(), TcpStream::connect(&server).unwrap());
                let (mut from, mut to) = (server.try_clone().unwrap(), client.try_clone().unwrap());
                open.lock().unwrap().push(client.try_clone().unwrap());
                thread::spawn(move || {
                    let _ = std::io::copy(&mut from, &mut to);
                    let _ = to.shutdown(Shutdown::Both);
                });
                let watch = Arc::clone(&watch);
                thread::spawn(move || requests(client, server, &watch));
            }
        });
        line
    }

    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Looks out for the next request that has this mark, and for how often it is made.
    pub(crate) fn strike(&self, mark: &[u8], fate: Fate) {
        *self.watch.lock().unwrap() = Watch { mark: mark.to_vec(), fate: Some(fate), seen: 0 };
    }

    /// How often the request came by since.
    pub(crate) fn seen(&self) -> usize {
        self.watch.lock().unwrap().seen
    }

    /// Ends all connections.
    pub(crate) fn cut(&self) {
        for stream in self.open.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

fn requests(mut client: TcpStream, mut server: TcpStream, watch: &Mutex<Watch>) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(length @ 1..) = client.read(&mut buffer) {
        let request = &buffer[..length];
        let mut watch = watch.lock().unwrap();
        let struck =
            !watch.mark.is_empty() && request.windows(watch.mark.len()).any(|part| part == watch.mark);
        watch.seen += usize::from(struck);
        let fate = if struck { watch.fate.take() } else { None };
        drop(watch);
        if let Some(fate) = fate {
            // Nobody hears the answer.
            let _ = client.shutdown(Shutdown::Both);
            if fate == Fate::LostAnswer {
                server.write_all(request).unwrap();
                // As long as the server may need.
                thread::sleep(Duration::from_millis(300));
            }
            let _ = server.shutdown(Shutdown::Both);
            return;
        }
        if server.write_all(request).is_err() {
            break;
        }
    }
    let _ = (client.shutdown(Shutdown::Both), server.shutdown(Shutdown::Both));
}
