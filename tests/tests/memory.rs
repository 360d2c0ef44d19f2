//! The conformance suite on the memory provider.

fn main() -> std::process::ExitCode {
    orm_tests::conformance("memory", || Ok(std::sync::Arc::new(orm_provider_memory::Memory::new())))
}
