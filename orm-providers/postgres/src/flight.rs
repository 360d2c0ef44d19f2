//! Requests that are sent one after the other, without waiting for the answers in between.

use crate::session::Session;
use crate::values::Param;
use futures_util::StreamExt as _;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;
use tokio_postgres::{Client, Error, Row, Statement};

/// How many requests are sent before the first answer is waited for.
const MOST: usize = 16;

/// A statement and what it is run with.
pub(crate) struct Request<'p> {
    pub(crate) statement: Statement,
    pub(crate) params: Vec<Param<'p>>,
}

/// What the server answered to a request.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    /// How many rows it touched.
    pub(crate) touched: u64,
    /// The first of the rows that it put out.
    pub(crate) row: Option<Row>,
}

enum Item<'p> {
    Fixed(&'static str),
    Run(Request<'p>),
}

type Sent<'f> = Pin<Box<dyn Future<Output = Result<Answer, Error>> + Send + 'f>>;

/// Requests on one connection. What comes after one that fails in a transaction fails as well, so the first
/// failure is the one to tell.
#[derive(Default)]
pub(crate) struct Flight<'p> {
    items: Vec<Item<'p>>,
    /// About how many bytes they carry.
    bytes: usize,
}

impl<'p> Flight<'p> {
    pub(crate) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Whether so many bytes more should wait until these are answered.
    pub(crate) fn is_full(&self, bytes: usize, most: usize) -> bool {
        self.items.len() >= MOST || (!self.is_empty() && self.bytes.saturating_add(bytes) > most)
    }

    /// Adds fixed statements, which put out no rows.
    pub(crate) fn fixed(&mut self, sql: &'static str) {
        self.items.push(Item::Fixed(sql));
    }

    /// Adds a statement that carries about so many bytes.
    pub(crate) fn run(&mut self, request: Request<'p>, bytes: usize) {
        self.items.push(Item::Run(request));
        self.bytes = self.bytes.saturating_add(bytes);
    }

    /// Sends them, after what was to be sent before the next statement, and waits for all the answers. The
    /// outer failure is that of what was to be sent before.
    pub(crate) async fn answers(self, session: &mut Session) -> Result<Vec<Result<Answer, Error>>, Error> {
        let before = session.take_pending();
        let client = &session.client;
        if let ([Item::Run(one)], None) = (self.items.as_slice(), before) {
            return Ok(vec![run(client, one).await]);
        }
        let first = before.map(|sql| fixed(client, sql));
        let rest = self.items.iter().map(|item| match item {
            Item::Fixed(sql) => fixed(client, sql),
            Item::Run(request) => Box::pin(run(client, request)),
        });
        let mut answers = in_order(first.into_iter().chain(rest).collect()).await;
        if before.is_some() {
            answers.remove(0)?;
        }
        Ok(answers)
    }
}

fn fixed<'f>(client: &'f Client, sql: &'static str) -> Sent<'f> {
    Box::pin(async move { client.batch_execute(sql).await.map(|()| Answer::default()) })
}

async fn run(client: &Client, request: &Request<'_>) -> Result<Answer, Error> {
    if request.statement.columns().is_empty() {
        let touched = client.execute_raw(&request.statement, request.params.iter()).await?;
        return Ok(Answer { touched, row: None });
    }
    let mut rows = pin!(client.query_raw(&request.statement, request.params.iter()).await?);
    let mut row = None;
    while let Some(next) = rows.next().await {
        row = row.or(Some(next?));
    }
    Ok(Answer { touched: rows.rows_affected().unwrap_or(0), row })
}

/// Lets futures begin one after the other and waits for all of them. A request is sent when it is first
/// polled, so this is the order in which the server gets them.
async fn in_order(mut futures: Vec<Sent<'_>>) -> Vec<Result<Answer, Error>> {
    let mut done: Vec<Option<Result<Answer, Error>>> = futures.iter().map(|_| None).collect();
    poll_fn(|context| {
        let mut waiting = false;
        for (future, done) in futures.iter_mut().zip(&mut done) {
            if done.is_none() {
                match future.as_mut().poll(context) {
                    Poll::Ready(answer) => *done = Some(answer),
                    Poll::Pending => waiting = true,
                }
            }
        }
        if waiting { Poll::Pending } else { Poll::Ready(()) }
    })
    .await;
    done.into_iter().flatten().collect()
}
