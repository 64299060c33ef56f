// SPDX-License-Identifier: Apache-2.0
//! A bar on standard error, when the work is long and somebody can see it.

use crate::audit::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal as _;
use std::time::Instant;

/// Seconds before a bar appears: short scans stay silent.
const PATIENCE: f64 = 1.5;

/// Shows nothing, or a bar after a while.
pub(super) struct Bar {
    bar: ProgressBar,
    start: Instant,
    wanted: bool,
}

impl Bar {
    pub(super) fn new(wanted: bool) -> Self {
        let wanted = wanted && std::io::stderr().is_terminal();
        Self {
            bar: ProgressBar::hidden(),
            start: Instant::now(),
            wanted,
        }
    }

    pub(super) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

impl Progress for Bar {
    fn total(&self, files: u64) {
        if self.wanted {
            let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} files");
            self.bar
                .set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            self.bar.set_length(files);
        }
    }

    fn done(&self) {
        if !self.wanted {
            return;
        }
        if self.bar.is_hidden() && self.start.elapsed().as_secs_f64() > PATIENCE {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.inc(1);
    }
}
