// SPDX-License-Identifier: Apache-2.0
//! `ccr pgs run`.

use super::external;
use super::run_args::{Mode, ProfileName, RunArgs, TraceForm};
use crate::cli::args::Cli;
use crate::cli::exit::{Exit, UsageError};
use crate::cli::sink;
use crate::pgs::capability::{self, manifest};
use crate::pgs::clock::Clock;
use crate::pgs::execute::{self, Answers, LoadFault, Options, Plan};
use crate::pgs::external::Bindings;
use crate::pgs::files::{Files, read_bounded};
use crate::pgs::fqdn::{Fqdn, Kind};
use crate::pgs::gate::{self, Question, Standing};
use crate::pgs::limits::Limits;
use crate::pgs::model::Intent;
use crate::pgs::seal::root_hash;
use crate::pgs::snapshot::Snapshot;
use crate::pgs::store::Store;
use crate::pgs::trace::{Format, Ground, Profile, Settings, Signer, TraceFiles};
use crate::record;
use crate::support::pyjson::ordered::{self, Object, Value};
use crate::support::signing::SigningKey;
use anyhow::Context as _;
use std::path::PathBuf;

/// Where a run reads and writes.
struct Places {
    workspace: PathBuf,
    snapshot: PathBuf,
    data: PathBuf,
    traces: PathBuf,
}

impl Places {
    /// Flags, then the original's variables, then the workspace's own folders.
    fn of(args: &RunArgs) -> anyhow::Result<Self> {
        let variable = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty());
        let absolute =
            |path: PathBuf| std::path::absolute(&path).with_context(|| path.display().to_string());
        let workspace = args.workspace.clone();
        let workspace = workspace.or_else(|| variable("PGS_WORKSPACE").map(PathBuf::from));
        let workspace = absolute(workspace.unwrap_or_else(|| PathBuf::from(".")))?;
        let inside = |given: &Option<PathBuf>, name: &str| match given {
            Some(path) => absolute(path.clone()),
            None => Ok(workspace.join(name)),
        };
        let data = args.data_root.clone();
        let data = data.or_else(|| variable("PGS_DATA_ROOT").map(PathBuf::from));
        Ok(Self {
            snapshot: inside(&args.snapshot, "protocol_snapshot")?,
            data: inside(&data, "data")?,
            traces: inside(&args.trace_root, "traces")?,
            workspace,
        })
    }
}

/// What a run was asked to be.
pub(super) struct Asked<'a> {
    pub(super) args: &'a RunArgs,
    pub(super) options: Options,
    places: Places,
    pub(super) workflow: Fqdn,
    external: Option<Bindings>,
    signer: Option<&'a SigningKey>,
    pub(super) json: bool,
}

/// Runs it.
pub(in crate::cli) fn run(cli: &Cli, args: &RunArgs) -> anyhow::Result<Exit> {
    let compat = cli.compat.is_some();
    let clock = Clock::parse(&args.clock).map_err(UsageError)?;
    let signer = signer(args)?;
    let signer = signer.as_ref();
    let places = Places::of(args)?;
    let options = Options {
        profile: args.profile(),
        clock,
        compat,
        strict_intents: args.strict_intents,
        strict_contracts: args.strict_contracts,
        values: args.trace_values,
        max_hops: args.max_hops,
    };
    let early = Early {
        args,
        places: &places,
        options,
        signer,
        json: cli.json || args.json(),
    };
    let payload = match payload(args) {
        Ok(payload) => payload,
        Err(error) => {
            early.record("PAYLOAD_UNREADABLE", "the payload cannot be read")?;
            return Err(error);
        }
    };
    let limits = Limits::default();
    let files = match Files::read(&places.snapshot, &limits) {
        Ok(files) => files,
        Err(error) => {
            early.record("SNAPSHOT_NOT_FOUND", "there is no snapshot")?;
            let place = places.snapshot.display();
            return Err(UsageError(format!("{place}: {error}")).into());
        }
    };
    if let Some(fault) = files.faults.first() {
        let text = format!("{}: {}", fault.path, fault.message);
        return early.refuse(&format!("the snapshot cannot be read whole: {text}"));
    }
    let root = root_hash(&files);
    let question = Question {
        seal: args.seal.clone(),
        key: args.key.clone(),
        workspace: places.workspace.clone(),
        allow_unsealed: args.allow_unsealed,
    };
    let standing = match gate::standing(&files, &question) {
        Ok(standing) => standing,
        Err(error) => return early.refuse(&error.to_string()),
    };
    let external = match programs(cli, args, &standing)? {
        Ok(external) => external,
        Err(why) => return early.refuse(&why),
    };
    let shown = places.snapshot.display().to_string();
    let snapshot = Snapshot::of(files, limits).ok_or_else(|| {
        UsageError(format!(
            "{shown}: there is no snapshot (no artifacts folder)"
        ))
    })?;
    let asked = Asked {
        args,
        options,
        workflow: workflow(args, &snapshot)?,
        external,
        signer,
        places,
        json: cli.json || args.json(),
    };
    let ground = Ground {
        snapshot_root_hash: root,
        seal_status: standing.name().to_owned(),
        payload_hash: payload.digest(),
        capability_manifest_hash: manifest::digest(),
        clock: clock.name(),
        dry_run: args.dry_run,
        payload: args.trace_values.then(|| payload.clone()),
        ..Ground::default()
    };
    asked.execute(&snapshot, payload, ground)
}

/// The programs that answer for capabilities: when the operator asks and the configuration allows
/// it, and only those of a file that the seal pins, or of one that is named for a snapshot nothing
/// speaks for.
fn programs(
    cli: &Cli,
    args: &RunArgs,
    standing: &Standing,
) -> anyhow::Result<Result<Option<Bindings>, String>> {
    let Some(path) = &args.exec_binding else {
        return Ok(Ok(None));
    };
    let bindings = external::allowed(cli, path)?;
    let pinned = match standing {
        Standing::Sealed(seal) => seal.exec_binding_hash.as_deref() == Some(&bindings.digest),
        Standing::GateFile => false,
        Standing::Unsealed => true,
    };
    Ok(if pinned {
        Ok(Some(bindings))
    } else {
        Err(external::not_pinned(path))
    })
}

/// A run that ends before anything was loaded.
struct Early<'a> {
    args: &'a RunArgs,
    places: &'a Places,
    options: Options,
    signer: Option<&'a SigningKey>,
    json: bool,
}

impl Early<'_> {
    /// The snapshot may not be run: exit 1.
    fn refuse(&self, why: &str) -> anyhow::Result<Exit> {
        self.record("SNAPSHOT_REFUSED", "the snapshot may not be run")?;
        if self.json {
            let answer = record! { "ok" => false, "status" => "REFUSED", "message" => why };
            sink::print(&(answer.indented() + "\n"))?;
        } else {
            sink::note(&format!("refused: {why}"));
        }
        Ok(Exit::Refused)
    }

    /// Every run that got past its arguments leaves a trace, which names no path of this machine.
    fn record(&self, code: &'static str, message: &str) -> anyhow::Result<()> {
        let Some(Ok(workflow)) = self.args.wf.as_deref().map(Fqdn::parse) else {
            return Ok(());
        };
        let fault = LoadFault {
            code,
            subject: "run".to_owned(),
            message: message.to_owned(),
        };
        let ground = Ground {
            seal_status: Standing::Unsealed.name().to_owned(),
            capability_manifest_hash: manifest::digest(),
            clock: self.options.clock.name(),
            dry_run: self.args.dry_run,
            ..Ground::default()
        };
        let mut trace = trace(self.args, self.places, self.options, self.signer);
        execute::refuse(&workflow, &[fault], self.options, ground, &mut trace)?;
        trace.finish()?;
        Ok(())
    }
}

/// The key that signs the trace, read before anything happens.
fn signer(args: &RunArgs) -> Result<Option<SigningKey>, UsageError> {
    let Some(path) = &args.trace_key else {
        return Ok(None);
    };
    if args.trace_format() == Format::V0 {
        let text = "the original's form of traces has no place for a signature: leave out --trace-key or --trace-format";
        return Err(UsageError(text.to_owned()));
    }
    let key = SigningKey::read(path).map_err(|error| UsageError(error.to_string()))?;
    Ok(Some(key))
}

/// Where the trace of a run goes.
fn trace<'a>(
    args: &RunArgs,
    places: &Places,
    options: Options,
    signer: Option<&'a SigningKey>,
) -> TraceFiles<'a> {
    TraceFiles::new(Settings {
        root: places.traces.clone(),
        format: args.trace_format(),
        now: Box::new(move || options.clock.now()),
        signer: signer.map(|key| key as &dyn Signer),
        id: None,
    })
}

/// The payload: an object, read once.
fn payload(args: &RunArgs) -> anyhow::Result<Value> {
    let Some(path) = &args.payload else {
        return Ok(Value::Object(Object::new()));
    };
    let limits = Limits::default();
    let name = path.display();
    let bytes = if path.as_os_str() == "-" {
        use std::io::Read as _;
        let mut bytes = Vec::new();
        let most = limits.payload_bytes;
        std::io::stdin()
            .lock()
            .take(most + 1)
            .read_to_end(&mut bytes)?;
        if bytes.len() as u64 > most {
            return Err(UsageError(format!("the payload has more than {most} bytes")).into());
        }
        bytes
    } else {
        read_bounded(path, limits.payload_bytes)
            .map_err(|error| UsageError(format!("{name}: {error}")))?
    };
    let value = ordered::parse_strict(&bytes, limits.depth)
        .map_err(|error| UsageError(format!("{name}: {error}")))?;
    if value.as_object().is_none() {
        return Err(UsageError(format!("{name}: a payload is a JSON object")).into());
    }
    if !capability::is_finite(&value) {
        return Err(UsageError(format!(
            "{name}: it holds a number that JSON has no word for"
        ))
        .into());
    }
    Ok(value)
}

/// The workflow that is named, or that the named intent starts.
fn workflow(args: &RunArgs, snapshot: &Snapshot) -> Result<Fqdn, UsageError> {
    let parse = |text: &str| Fqdn::parse(text).map_err(|error| UsageError(error.to_string()));
    let Some(intent) = &args.intent else {
        return parse(args.wf.as_deref().unwrap_or_default());
    };
    let name = parse(intent)?;
    if !matches!(name.kind(), Kind::Intent | Kind::TransportIngress) {
        return Err(UsageError(format!("{name} is no intent")));
    }
    let artifact = snapshot.artifact(&name);
    let artifact = artifact.map_err(|error| UsageError(error.to_string()))?;
    let intent = Intent::read(&artifact, &mut Vec::new());
    let named = intent
        .workflow
        .ok_or_else(|| UsageError(format!("{name} names no workflow")))?;
    Fqdn::parse_within(&named, name.namespace()).map_err(|error| UsageError(error.to_string()))
}

impl Asked<'_> {
    fn execute(
        &self,
        snapshot: &Snapshot,
        payload: Value,
        mut ground: Ground,
    ) -> anyhow::Result<Exit> {
        let mut trace = trace(self.args, &self.places, self.options, self.signer);
        let binding = self.args.rb.as_deref().map(Fqdn::parse).transpose();
        let binding = binding.map_err(|error| UsageError(error.to_string()))?;
        let answers = Answers {
            programs: self.external.as_ref(),
            chance: self.args.allow_impure,
        };
        let plan = match Plan::load_with(snapshot, &self.workflow, binding.as_ref(), answers) {
            Ok(plan) => plan,
            Err(faults) => {
                let end =
                    execute::refuse(&self.workflow, &faults, self.options, ground, &mut trace)?;
                let written = trace.finish()?;
                self.say(&end, &written, &faults, &[])?;
                let unknown =
                    |fault: &LoadFault| matches!(fault.code, "WORKFLOW_NOT_FOUND" | "RB_NOT_FOUND");
                let usage = faults.iter().any(unknown) && !self.options.compat;
                return Ok(if usage { Exit::Usage } else { Exit::Refused });
            }
        };
        let data = &self.places.data;
        let open = if self.args.dry_run {
            Store::overlay
        } else {
            Store::open
        };
        let mut store = open(data).with_context(|| format!("{}: no data root", data.display()))?;
        if self.args.chain_logs {
            store.chain_logs();
        }
        ground.state_digest_before = plan.state_digest(&mut store)?;
        let end = execute::run_open(&plan, payload, &mut store, self.options, ground, &mut trace)?;
        let written = trace.finish()?;
        store.end()?;
        let notes = self.draw(&plan, &end, &written);
        self.say(&end, &written, &[], &notes)?;
        Ok(Exit::when(end.ending.success))
    }
}

impl RunArgs {
    fn profile(&self) -> Profile {
        match (self.profile, self.mode) {
            (Some(ProfileName::Basic), _) | (None, Some(Mode::Runtime)) => Profile::Basic,
            _ => Profile::Advanced,
        }
    }

    fn trace_format(&self) -> Format {
        match self.trace_format {
            Some(TraceForm::V0) => Format::V0,
            _ => Format::V1,
        }
    }
}
