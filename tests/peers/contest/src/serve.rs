//! The loop that is asked and answers.

use crate::{Contestant, Data, Outcome, Sum};
use std::hint::black_box;
use std::io::Write;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

/// How many users are found or renamed at a time.
const BY_KEY: i32 = 100;

/// Time and checksum; nothing if the contestant doesn't do such work.
type Measured = Option<(Duration, Sum)>;

/// Reads again and again. Each answer is dropped after its time was taken, and before the next is made.
macro_rules! repeated {
    ($times:expr, $work:expr) => {{
        let mut time = Duration::ZERO;
        let mut sum = None;
        for _ in 0..$times {
            let start = Instant::now();
            let made = black_box($work.await?);
            time += start.elapsed();
            sum.get_or_insert_with(|| Sum::of(&made, true));
        }
        Ok(sum.map(|sum| (time / $times as u32, sum)))
    }};
}

/// Answers each line of the standard input, until it ends:
///
/// - `fill USERS POSTS COMMENTS`: other contents, which isn't timed;
/// - `all TIMES`, `joined TIMES`, `nested TIMES`: reading all of it, again and again;
/// - `find SIZE ROUND`, `rename SIZE ROUND`: a hundred times by key, among so many;
/// - `insert USERS TIMES`, `save USERS POSTS COMMENTS TIMES`: into empty tables, which are emptied again.
///
/// The answer is `NANOSECONDS RECORDS CHECKSUM`, the time being the mean of all times; or `none`, if it
/// doesn't do such work; or `error WHY`.
///
/// # Errors
///
/// If it can't be read from and written to.
pub async fn serve<C: Contestant>(mut contestant: C) -> Outcome {
    let mut out = std::io::stdout();
    // The lock isn't held meanwhile, so that this can be a task of any runtime.
    for line in std::iter::from_fn(|| std::io::stdin().lines().next()) {
        let answer = match question(&mut contestant, line?).await {
            Ok(Some((time, sum))) => {
                let (records, hash) = sum.total();
                format!("{} {records} {hash:016x}", time.as_nanos())
            }
            Ok(None) => "none".to_owned(),
            Err(error) => format!("error {}", error.to_string().replace('\n', " ")),
        };
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}

/// The answer to a line, of a type that the compiler knows to be fit for any runtime.
fn question<C: Contestant>(
    contestant: &mut C,
    line: String,
) -> Pin<Box<dyn Future<Output = Outcome<Measured>> + Send + '_>> {
    Box::pin(async move { answer(contestant, &line).await })
}

async fn answer<C: Contestant>(contestant: &mut C, line: &str) -> Outcome<Measured> {
    let mut words = line.split_whitespace();
    let command = words.next().unwrap_or_default();
    let numbers = words.map(str::parse).collect::<Result<Vec<i32>, _>>()?;
    match (command, numbers.as_slice()) {
        ("fill", &[users, posts, comments]) => {
            contestant.clear().await?;
            contestant.fill(Data::new(users, posts, comments)).await?;
            Ok(Some((Duration::ZERO, Sum::of(&contestant.all().await?, true))))
        }
        ("all", &[times]) => repeated!(times, contestant.all()),
        ("joined", &[times]) => repeated!(times, contestant.joined("black")),
        ("nested", &[times]) => repeated!(times, contestant.nested()),
        ("find", &[size, round]) => find(contestant, size, round).await,
        ("rename", &[size, round]) => rename(contestant, size, round).await,
        ("insert", &[users, times]) => insert(contestant, users, times).await,
        ("save", &[users, posts, comments, times]) => {
            save(contestant, &Data::new(users, posts, comments), times).await
        }
        _ => Err(format!("`{line}` isn't understood").into()),
    }
}

/// The keys of a round, all over the table.
fn keys(size: i32, round: i32) -> impl Iterator<Item = i32> {
    (0..BY_KEY).map(move |i| (round * BY_KEY + i).wrapping_mul(7_919).rem_euclid(size.max(1)) + 1)
}

async fn find<C: Contestant>(contestant: &mut C, size: i32, round: i32) -> Outcome<Measured> {
    let mut found = Vec::with_capacity(BY_KEY as usize);
    let start = Instant::now();
    for id in keys(size, round) {
        found.push(contestant.find(id).await?);
    }
    let time = start.elapsed();
    Ok(Some((time, Sum::of(&found, true))))
}

async fn rename<C: Contestant>(contestant: &mut C, size: i32, round: i32) -> Outcome<Measured> {
    let name = format!("Renamed in round {round}");
    let start = Instant::now();
    for id in keys(size, round) {
        contestant.rename(id, &name).await?;
    }
    let time = start.elapsed();
    let (_, sum) = find(contestant, size, round).await?.ok_or("all contestants find")?;
    Ok(Some((time, sum)))
}

async fn insert<C: Contestant>(contestant: &mut C, users: i32, times: i32) -> Outcome<Measured> {
    let mut time = Duration::ZERO;
    let mut sum = None;
    contestant.clear().await?;
    for _ in 0..times {
        let drafts = contestant.drafts(Data::new(users, 0, 0).users);
        let start = Instant::now();
        contestant.insert(drafts).await?;
        time += start.elapsed();
        if sum.is_none() {
            sum = Some(Sum::of(&contestant.all().await?, false));
        }
        contestant.clear().await?;
    }
    Ok(sum.map(|sum| (time / times as u32, sum)))
}

async fn save<C: Contestant>(contestant: &mut C, data: &Data, times: i32) -> Outcome<Measured> {
    let mut time = Duration::ZERO;
    let mut sum = None;
    contestant.clear().await?;
    for _ in 0..times {
        let Some(trees) = contestant.trees(data.clone()) else { return Ok(None) };
        let start = Instant::now();
        contestant.save(trees).await?;
        time += start.elapsed();
        if sum.is_none() {
            sum = Some(Sum::of(&contestant.nested().await?, false));
        }
        contestant.clear().await?;
    }
    Ok(sum.map(|sum| (time / times as u32, sum)))
}

/// Runs what never waits.
///
/// # Errors
///
/// Those of the future, and if it does wait.
pub fn at_once(future: impl Future<Output = Outcome>) -> Outcome {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(outcome) => outcome,
        Poll::Pending => Err("a blocking contestant waited for something".into()),
    }
}
