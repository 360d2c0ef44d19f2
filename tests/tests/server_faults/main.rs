//! Servers that are treated badly: killed under load, cut off before and after a commit, left by futures
//! that are dropped half-way. Nothing half-done may be found, what was acknowledged must be there, and no
//! connection goes back to its pool inside of a transaction. Somebody on the line also writes down how
//! much is asked of them.
//!
//! Another server joins by a line at the end. Where it isn't there, each test says that it is skipped.

mod dropped;
mod homes;
mod line;
mod lost;
mod refused;
mod restarted;
mod statements;
mod wire;

/// All tests on one kind of server.
macro_rules! on {
    ($name:ident, $server:ty) => {
        mod $name {
            on!(@ $server, dropped, {
                saves_are_whole_or_nothing,
                removals_are_whole_or_nothing,
                transactions_leave_nothing,
                savepoints_take_their_transaction_down,
                guards_are_committed_whole_or_not_at_all,
                reads_leave_the_connection_usable,
                streams_leave_the_connection_usable,
            });
            on!(@ $server, homes, {
                connections_live_in_the_applications_runtime,
                several_runtimes_use_one_database,
                a_runtime_without_sockets_is_left_alone,
                blocking_code_doesnt_wait_for_its_own_thread,
                tasks_wait_for_the_one_connection,
            });
            on!(@ $server, lost, {
                a_lost_commit_is_told_and_never_tried_again,
                a_lost_write_is_told_and_never_tried_again,
                a_connection_that_is_lost_before_is_told_and_tried_again,
                a_connection_that_is_gone_before_the_commit_is_no_unknown_commit,
            });
            on!(@ $server, refused, {
                what_leads_nowhere_is_told_without_the_password,
                what_is_no_address_is_told_without_the_password,
            });
            on!(@ $server, restarted, {
                what_was_acknowledged_outlives_the_server,
            });
            on!(@ $server, statements, {
                nested_saves_with_keys_of_the_storage,
                an_eager_load_of_50_000_parents,
                many_records_are_written_in_few_statements,
                new_records_with_keys_of_the_storage,
            });
        }
    };
    (@ $server:ty, $module:ident, { $($test:ident),* $(,)? }) => {
        mod $module {
            $(#[test]
            fn $test() {
                crate::$module::$test::<$server>();
            })*
        }
    };
}

on!(postgres, orm_tests::servers::PostgresServer);
on!(mysql, orm_tests::servers::MysqlServer);
