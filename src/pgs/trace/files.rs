// SPDX-License-Identifier: Apache-2.0
//! The folder of a run: `<root>/<id>/<id>.jsonl`, and `.md` beside it. Our form is written and
//! flushed event by event under a name that says it is unfinished; the original's form at the end.

use super::Signer;
use super::encode::{Encoder, Format, execution_id};
use super::event::{Event, Recorder};
use super::markdown::Markdown;
use crate::support::atomic;
use jiff::Timestamp;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Behind the name of a trace that has no seal yet.
pub const PARTIAL: &str = ".partial";

/// How often a name is tried before giving up: equal runs at the same fixed time.
const NAMES: usize = 100_000;

/// How to write a trace.
pub struct Settings<'a> {
    /// Where the folders of runs stand; made when it is not there.
    pub root: PathBuf,
    /// The form.
    pub format: Format,
    /// What time it is.
    pub now: Box<dyn Fn() -> Timestamp + 'a>,
    /// Signs the head of our form.
    pub signer: Option<&'a dyn Signer>,
    /// The name of the run, when it is not to be derived.
    pub id: Option<String>,
}

/// A finished trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Name of the run.
    pub id: String,
    /// Its folder, where pictures belong too.
    pub folder: PathBuf,
    /// The events.
    pub jsonl: PathBuf,
    /// The page for people.
    pub markdown: PathBuf,
}

/// Writes the trace of one run. A run that ends before [`TraceFiles::finish`] leaves, in our form,
/// a readable beginning with `.partial` behind its name.
pub struct TraceFiles<'a> {
    settings: Settings<'a>,
    page: Markdown,
    open: Option<Open>,
}

struct Open {
    id: String,
    folder: PathBuf,
    encoder: Encoder,
    sink: Sink,
}

enum Sink {
    File(File),
    Memory(String),
}

impl Open {
    fn put(&mut self, line: &str) -> io::Result<()> {
        match &mut self.sink {
            // One write a line, so that a crash leaves whole lines.
            Sink::File(file) => file.write_all(line.as_bytes()),
            Sink::Memory(text) => {
                text.push_str(line);
                Ok(())
            }
        }
    }
}

fn path_in(folder: &Path, id: &str, ending: &str) -> PathBuf {
    folder.join(format!("{id}.{ending}"))
}

impl<'a> TraceFiles<'a> {
    /// Nothing is written before the first event.
    pub fn new(settings: Settings<'a>) -> Self {
        Self {
            settings,
            page: Markdown::default(),
            open: None,
        }
    }

    /// The name of the run, once it has begun.
    pub fn id(&self) -> Option<&str> {
        self.open.as_ref().map(|open| open.id.as_str())
    }

    fn begin(&self, event: &Event, time: Timestamp) -> io::Result<Open> {
        let Event::ExecutionStart {
            workflow,
            profile,
            ground,
        } = event
        else {
            let text = "a trace begins with execution_start";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        };
        let Settings { root, format, .. } = &self.settings;
        fs::create_dir_all(root)?;
        let id = match &self.settings.id {
            Some(id) => {
                fs::create_dir(root.join(id))?;
                id.clone()
            }
            None => {
                let named = |nth| execution_id(time, workflow.as_str(), ground, nth);
                free_name(root, named)?
            }
        };
        let folder = root.join(&id);
        let sink = match format {
            Format::V0 => Sink::Memory(String::new()),
            Format::V1 => {
                let path = path_in(&folder, &id, &format!("jsonl{PARTIAL}"));
                Sink::File(File::create_new(path)?)
            }
        };
        Ok(Open {
            encoder: Encoder::new(*format, *profile, &id),
            id,
            folder,
            sink,
        })
    }

    /// Seals the trace and writes the page.
    ///
    /// # Errors
    /// Nothing was recorded, it cannot be signed, or a file cannot be written.
    pub fn finish(mut self) -> io::Result<Written> {
        let Some(mut open) = self.open.take() else {
            let text = "nothing was recorded";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        };
        let jsonl = path_in(&open.folder, &open.id, "jsonl");
        if self.settings.format == Format::V1 {
            let signature = match self.settings.signer {
                Some(signer) => Some(signer.sign(&super::signed_message(open.encoder.head()))?),
                None => None,
            };
            let seal = open.encoder.seal(signature.as_ref(), (self.settings.now)());
            open.put(&seal)?;
        }
        match open.sink {
            Sink::File(file) => {
                file.sync_all()?;
                drop(file);
                let partial = path_in(&open.folder, &open.id, &format!("jsonl{PARTIAL}"));
                fs::rename(partial, &jsonl)?;
            }
            Sink::Memory(text) => atomic::write(&jsonl, text.as_bytes())?,
        }
        let markdown = path_in(&open.folder, &open.id, "md");
        let page = self.page.page(&open.id, self.settings.format);
        fs::write(&markdown, page)?;
        Ok(Written {
            id: open.id,
            folder: open.folder,
            jsonl,
            markdown,
        })
    }
}

impl Recorder for TraceFiles<'_> {
    fn record(&mut self, event: Event) -> io::Result<()> {
        let time = (self.settings.now)();
        if self.open.is_none() {
            self.open = Some(self.begin(&event, time)?);
        }
        self.page.take(&event);
        let Some(open) = &mut self.open else {
            return Ok(());
        };
        match open.encoder.line(&event, time) {
            Some(line) => open.put(&line),
            None => Ok(()),
        }
    }
}

/// Makes the first folder whose name is free: equal runs at an equal time are told apart by their
/// number.
fn free_name(root: &Path, named: impl Fn(usize) -> String) -> io::Result<String> {
    for nth in 0..NAMES {
        let id = named(nth);
        match fs::create_dir(root.join(&id)) {
            Ok(()) => return Ok(id),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    let text = format!("{}: no name is free for the trace", root.display());
    Err(io::Error::new(io::ErrorKind::AlreadyExists, text))
}
