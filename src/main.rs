// SPDX-License-Identifier: Apache-2.0
//! Parse, run, exit code.

fn main() -> std::process::ExitCode {
    ccr::cli::main()
}
