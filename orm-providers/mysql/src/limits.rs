//! What may take how long in the server.

use orm_core::{Error, Result};
use std::time::Duration;

/// A year: the longest that the engines take everywhere.
const LONGEST: u64 = 31_536_000;

/// What may take how long in the server; zero is without end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// One statement; what the server is set to, unless told.
    pub(crate) statement: Option<Duration>,
    /// Waiting for what others have locked.
    pub(crate) lock: Duration,
    /// Doing nothing in a transaction; what the server is set to, unless told.
    pub(crate) idle: Option<Duration>,
}

impl Limits {
    /// What is set on each connection before it is used.
    ///
    /// # Errors
    /// [`Error::Configuration`] where the engine has no such limit.
    pub(crate) fn settings(&self, mariadb: bool) -> Result<String> {
        let lock = seconds(self.lock, LONGEST);
        let mut set =
            format!("SESSION innodb_lock_wait_timeout = {lock}, SESSION lock_wait_timeout = {lock}");
        if let Some(time) = self.statement {
            // Less than the engine counts isn't without end.
            let millis = if time.is_zero() { 0 } else { time.as_millis().clamp(1, u128::from(LONGEST)) };
            set.push_str(&match mariadb {
                true => format!(", SESSION max_statement_time = {}.{:03}", millis / 1000, millis % 1000),
                false => format!(", SESSION max_execution_time = {millis}"),
            });
        }
        match self.idle {
            Some(_) if !mariadb => {
                return Err(Error::Configuration(
                    "`idle_in_transaction_timeout` is set, and MySQL has no such limit (MariaDB has): leave it \
                     out, and keep transactions short"
                        .to_owned(),
                ));
            }
            Some(time) => {
                set.push_str(&format!(", SESSION idle_transaction_timeout = {}", seconds(time, 0)));
            }
            None => {}
        }
        Ok(set)
    }
}

/// Whole seconds, at least one; zero is this.
fn seconds(time: Duration, endless: u64) -> u64 {
    if time.is_zero() {
        return endless;
    }
    time.as_millis().div_ceil(1000).try_into().unwrap_or(LONGEST).clamp(1, LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(statement: Option<u64>, lock: u64, idle: Option<u64>) -> Limits {
        let millis = Duration::from_millis;
        Limits { statement: statement.map(millis), lock: millis(lock), idle: idle.map(millis) }
    }

    #[test]
    fn limits_are_in_the_engines_units() {
        let set = limits(Some(1_500), 1_001, Some(1)).settings(true).unwrap();
        assert_eq!(
            set,
            "SESSION innodb_lock_wait_timeout = 2, SESSION lock_wait_timeout = 2, \
             SESSION max_statement_time = 1.500, SESSION idle_transaction_timeout = 1"
        );
        let set = limits(Some(1_500), 1_000, None).settings(false).unwrap();
        assert!(set.ends_with("lock_wait_timeout = 1, SESSION max_execution_time = 1500"), "{set}");
    }

    #[test]
    fn zero_is_without_end() {
        let set = limits(Some(0), 0, Some(0)).settings(true).unwrap();
        assert_eq!(
            set,
            "SESSION innodb_lock_wait_timeout = 31536000, SESSION lock_wait_timeout = 31536000, \
             SESSION max_statement_time = 0.000, SESSION idle_transaction_timeout = 0"
        );
    }

    #[test]
    fn what_an_engine_lacks_is_said() {
        let told = limits(None, 1, Some(1_000)).settings(false);
        assert!(matches!(told, Err(Error::Configuration(_))), "{told:?}");
    }
}
