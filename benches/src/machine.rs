//! The machine, the day and the commit of a measurement.

use std::error::Error;
use std::fs;
use std::process::Command;

/// The machine, its load, the day and the commit, in a sentence.
pub(crate) fn describe() -> Result<String, Box<dyn Error>> {
    let cpus = fs::read_to_string("/proc/cpuinfo")?;
    let models: Vec<&str> = cpus.lines().filter_map(|line| value(line, "model name")).collect();
    let model = models.first().ok_or("/proc/cpuinfo names no model")?;
    let memory = fs::read_to_string("/proc/meminfo")?;
    let kib = memory.lines().find_map(|line| value(line, "MemTotal")).unwrap_or_default();
    let kib: f64 = kib.trim_end_matches(" kB").parse()?;
    let load = fs::read_to_string("/proc/loadavg")?;
    let load = load.split(' ').nth(2).unwrap_or_default();
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease")?;
    let release = kernel.split('-').next().unwrap_or_default().trim();
    let changed = if output("git", &["status", "--porcelain"])?.is_empty() { "" } else { ", with changes" };
    Ok(format!(
        "Measured on {day}, of commit {commit}{changed}: {model}, {cores} cores, {gib:.0} GiB of memory, Linux {release}; \
         load average at the end {load}.",
        day = output("date", &["-u", "+%F"])?,
        commit = output("git", &["rev-parse", "--short=12", "HEAD"])?,
        cores = models.len(),
        gib = kib / f64::from(1 << 20),
    ))
}

/// The value of a line `key : value`.
fn value<'l>(line: &'l str, key: &str) -> Option<&'l str> {
    let (name, value) = line.split_once(':')?;
    (name.trim() == key).then(|| value.trim())
}

fn output(program: &str, arguments: &[&str]) -> Result<String, Box<dyn Error>> {
    let output = Command::new(program).args(arguments).output()?;
    if !output.status.success() {
        return Err(format!("{program} {}: {}", arguments.join(" "), output.status).into());
    }
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
