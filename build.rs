//! Builds what stands in `js/` into `OUT_DIR`, so that one binary holds it all.
//!
//! The sources are copied first and built there: the source folder may be read-only, and several builds may run at
//! once. npm is asked only when the lock file is newer than what was installed.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

/// What the build needs of `js/`; folders are taken whole.
const SOURCES: [&str; 40] = [
    ".npmrc",
    "package.json",
    "package-lock.json",
    "build.mjs",
    "agents.mjs",
    "guard.js",
    "watch.js",
    "landing.js",
    "signals.js",
    "default.js",
    "answered.js",
    "heed.js",
    "uet.js",
    "clarity.js",
    "heed-clarity.js",
    "idle.js",
    "keep.js",
    "hydrated.js",
    "open.js",
    "question.js",
    "dialog.js",
    "tell.js",
    "told.js",
    "embed.js",
    "embeds.js",
    "made.js",
    "frames.js",
    "stays.js",
    "fields.js",
    "forget.js",
    "pages.js",
    "kept.js",
    "ahead.js",
    "areas.js",
    "choice.js",
    "witness.js",
    "event.js",
    "beacon.js",
    "style",
    "dashboard",
];
/// The oldest Node.js that the build is tried with.
const NODE_MAJOR_MIN: u32 = 20;

fn main() -> Result<(), Box<dyn Error>> {
    let from = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("js");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let work = out.join("js");
    fs::create_dir_all(&work)?;
    let lock = fs::File::create(out.join("js.lock"))?;
    lock.lock()?;

    for source in SOURCES {
        println!("cargo::rerun-if-changed=js/{source}");
        copy(&from.join(source), &work.join(source))?;
    }
    println!("cargo::rerun-if-changed=build.rs");

    need_node()?;
    let installed = work.join("node_modules/.package-lock.json");
    if !same(&work.join("package-lock.json"), &work.join("installed-lock.json")) || !installed.exists() {
        run(npm().args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]), &work)?;
        fs::copy(work.join("package-lock.json"), work.join("installed-lock.json"))?;
    }
    for script in ["build.mjs", "agents.mjs"] {
        run(Command::new("node").arg(script).arg("--out").arg(&out), &work)?;
    }
    Ok(())
}

/// npm is a script on Windows, which the system does not find without its ending.
fn npm() -> Command {
    Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" })
}

fn need_node() -> Result<(), Box<dyn Error>> {
    let remedy = format!(
        "install Node.js {NODE_MAJOR_MIN} or newer, with npm (https://nodejs.org or your system's packages)"
    );
    let answer = Command::new("node").arg("--version").output();
    let version = match answer {
        Ok(output) => String::from_utf8_lossy(&output.stdout).trim().to_owned(),
        Err(error) => return Err(format!("node cannot be started: {error}; {remedy}").into()),
    };
    let major = version.trim_start_matches('v').split('.').next().and_then(|text| text.parse::<u32>().ok());
    if major.is_none_or(|major| major < NODE_MAJOR_MIN) {
        return Err(format!("node is version {version}; {remedy}").into());
    }
    if let Err(error) = npm().arg("--version").output() {
        return Err(format!("npm cannot be started: {error}; {remedy}").into());
    }
    Ok(())
}

/// Runs a command in `work`; what it said is shown only when it fails.
fn run(command: &mut Command, work: &Path) -> Result<(), Box<dyn Error>> {
    let output = command.current_dir(work).output()?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(format!("{command:?} failed ({}):\n{}", output.status, String::from_utf8_lossy(&said)).into())
}

/// Copies a file or a folder; a folder at the target keeps nothing that the source no longer has.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    if !from.is_dir() {
        // Not fs::copy: it would copy a read-only flag too, and the next build could not write.
        return fs::write(to, fs::read(from)?);
    }
    if to.exists() {
        fs::remove_dir_all(to)?;
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        copy(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

/// Do both files exist with the same content?
fn same(one: &Path, other: &Path) -> bool {
    matches!((fs::read(one), fs::read(other)), (Ok(one), Ok(other)) if one == other)
}
