//! Writes `docs/benches`: what the benches measured last, as tables and plots. With an argument it prints the tables of
//! the groups whose names begin so, and writes nothing.

mod chart;
mod machine;
mod results;
mod sections;
mod table;

use benches::ratios::{Ratios, target};
use results::Groups;
use std::error::Error;
use std::fs;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let mut groups = Groups::new();
    results::collect(&target().join("criterion"), &mut groups)?;
    if let Some(wanted) = std::env::args().nth(1) {
        for (name, group) in groups.iter().filter(|(name, _)| name.starts_with(&wanted)) {
            println!("{}", table::of_group(name, group));
        }
        return Ok(());
    }
    let mut page = format!(
        "# Results of the benches\n\n{}\n\n\
         Written by `cargo xtask bench`. Ratios within a row count, and not the figures: those of another machine, or of \
         another day on a busy one, are others. [The page of the benches](../../benches/README.md) says what groups and \
         sides are, and how to read this; after a run `target/criterion/report` has the distribution of each measurement.\n",
        machine::describe()?
    );
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/benches");
    fs::create_dir_all(&folder)?;
    for section in sections::all(&groups, &Ratios::read()) {
        let (name, heading) = (section.name, section.chart.title);
        page += &format!("\n## {heading}\n\n{}\n\n![{heading}]({name}.svg)\n", section.text);
        if !section.tables.is_empty() {
            page += &format!("\n{}", section.tables.join("\n"));
        }
        fs::write(folder.join(format!("{name}.svg")), section.chart.svg())?;
    }
    fs::write(folder.join("README.md"), page)?;
    println!("wrote docs/benches/README.md");
    Ok(())
}
