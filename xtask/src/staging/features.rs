//! What Cargo compiles by default, followed through the features and dependencies of the workspace.

use std::collections::{BTreeMap, BTreeSet};
use toml::{Table, Value};
use wasi_policy::Descriptor;

/// The package whose features users choose from.
const FACADE: &str = "wasi-facade";

/// The manifests of the workspace's packages by name, and what the root says about dependencies.
pub(super) struct Manifests {
    packages: BTreeMap<String, Table>,
    shared: Table,
}

/// Everything that a package's default features turn on, each with the way to it.
struct Closure<'a> {
    manifests: &'a Manifests,
    /// Packages, and features as `package/feature`.
    found: BTreeMap<String, Vec<String>>,
}

impl Manifests {
    /// From the texts of all manifests, the root's included.
    pub(super) fn parse<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, toml::de::Error> {
        let (mut packages, mut shared) = (BTreeMap::new(), Table::new());
        for text in texts {
            let manifest: Table = text.parse()?;
            if let Some(Value::Table(dependencies)) =
                manifest.get("workspace").and_then(|workspace| workspace.get("dependencies"))
            {
                shared.extend(dependencies.clone());
            }
            if let Some(name) = manifest.get("package").and_then(|package| package.get("name")?.as_str()) {
                packages.insert(name.to_owned(), manifest);
            }
        }
        Ok(Self { packages, shared })
    }

    /// The names of a package's features but `default`.
    pub(super) fn features(&self, package: &str) -> Vec<&str> {
        let table = self.packages.get(package).and_then(|manifest| manifest.get("features")?.as_table());
        let names = table.into_iter().flat_map(Table::keys).map(String::as_str);
        names.filter(|name| *name != "default").collect()
    }

    fn dependency(&self, package: &str, key: &str) -> Option<&Value> {
        tables(self.packages.get(package)?).find_map(|table| table.get(key))
    }
}

/// The rules about default features; each finding names the way in.
pub(super) fn check(manifests: &Manifests, rows: &[Descriptor]) -> Vec<String> {
    let mut findings = Vec::new();
    for package in manifests.packages.keys() {
        let closure = Closure::of(manifests, package);
        for row in rows.iter().filter(|row| !row.stage().may_compile_by_default()) {
            let own = format!("wasi-{}", row.name());
            let feature = format!("{FACADE}/{}", row.name());
            if let Some(way) = closure.found.get(&feature).or_else(|| closure.found.get(&own))
                && *package != own
            {
                findings.push(format!(
                    "{package} compiles the proposal {} by default, which {} forbids: {}; \
                     take it out of the first of these that nobody has to ask for",
                    row.name(),
                    row.stage(),
                    way.join(" -> ")
                ));
            }
        }
    }
    findings.extend(facade(manifests, rows));
    findings
}

/// The matrix and the facade agree about what is compiled in by default.
fn facade(manifests: &Manifests, rows: &[Descriptor]) -> Vec<String> {
    let closure = Closure::of(manifests, FACADE);
    let known: BTreeSet<_> = manifests.features(FACADE).into_iter().collect();
    let mut findings = Vec::new();
    for row in rows {
        let name = row.name();
        let is_on = closure.found.contains_key(&format!("{FACADE}/{name}"));
        if !known.contains(name) {
            findings.push(format!("{FACADE} has no feature {name}; add one that takes `dep:wasi-{name}`"));
        } else if row.is_compiled_by_default() && !is_on {
            findings.push(format!(
                "the matrix compiles {name} in by default, and {FACADE} does not; add it to `default` there, or take \
                 `compiled_by_default` off the row"
            ));
        } else if !row.is_compiled_by_default() && is_on {
            findings.push(format!(
                "{FACADE} compiles {name} in by default, and the matrix does not; take it out of `default`, or add \
                 `compiled_by_default` to the row"
            ));
        }
    }
    findings
}

impl<'a> Closure<'a> {
    fn of(manifests: &'a Manifests, package: &str) -> Self {
        let mut closure = Self { manifests, found: BTreeMap::new() };
        closure.package(package, &[]);
        closure.feature(package, "default", &[]);
        closure
    }

    /// Notes a step, and whether it is a new one.
    fn enter(&mut self, step: String, way: &[String]) -> Option<Vec<String>> {
        if self.found.contains_key(&step) {
            return None;
        }
        let way = [way, std::slice::from_ref(&step)].concat();
        self.found.insert(step, way.clone());
        Some(way)
    }

    fn package(&mut self, package: &str, way: &[String]) {
        let manifests = self.manifests;
        let Some(manifest) = manifests.packages.get(package) else { return };
        let Some(way) = self.enter(package.to_owned(), way) else { return };
        for (key, value) in tables(manifest).flatten() {
            if value.get("optional").and_then(Value::as_bool) != Some(true) {
                self.dependency(package, key, &way);
            }
        }
    }

    fn dependency(&mut self, package: &str, key: &str, way: &[String]) {
        let manifests = self.manifests;
        let Some(own) = manifests.dependency(package, key) else { return };
        let shared = own.get("workspace").and_then(|_| manifests.shared.get(key));
        let said = |field| own.get(field).or_else(|| shared?.get(field));
        let name = said("package").and_then(Value::as_str).unwrap_or(key);
        self.package(name, way);
        if said("default-features").and_then(Value::as_bool) != Some(false) {
            self.feature(name, "default", way);
        }
        for source in [Some(own), shared].into_iter().flatten() {
            for feature in strings(source.get("features")) {
                self.feature(name, feature, way);
            }
        }
    }

    fn feature(&mut self, package: &str, feature: &str, way: &[String]) {
        let manifests = self.manifests;
        let Some(manifest) = manifests.packages.get(package) else { return };
        let Some(way) = self.enter(format!("{package}/{feature}"), way) else { return };
        let Some(parts) = manifest.get("features").and_then(|features| features.get(feature)) else {
            // An optional dependency is a feature of its own where nobody says `dep:`.
            return self.dependency(package, feature, &way);
        };
        for part in strings(Some(parts)) {
            if let Some(dependency) = part.strip_prefix("dep:") {
                self.dependency(package, dependency, &way);
            } else if let Some((dependency, inner)) = part.split_once('/') {
                // A weak one turns nothing on by itself; taking it for a strong one errs on the strict side.
                let dependency = dependency.trim_end_matches('?');
                self.dependency(package, dependency, &way);
                self.feature(dependency, inner, &way);
            } else {
                self.feature(package, part, &way);
            }
        }
    }
}

/// The tables of what a package depends on when it is built, whatever the platform.
fn tables(manifest: &Table) -> impl Iterator<Item = &Table> {
    const KINDS: [&str; 2] = ["dependencies", "build-dependencies"];
    let targets = manifest.get("target").and_then(Value::as_table);
    let targets = targets.into_iter().flat_map(Table::values).filter_map(Value::as_table);
    std::iter::once(manifest)
        .chain(targets)
        .flat_map(|table| KINDS.into_iter().filter_map(|kind| table.get(kind)?.as_table()))
}

fn strings(value: Option<&Value>) -> impl Iterator<Item = &str> {
    value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::{Manifests, check};
    use wasi_policy::{Descriptor, Stage};

    const ZERO: Descriptor = Descriptor::new("zero", Stage::Zero);
    const ONE: Descriptor = Descriptor::new("one", Stage::One).compiled_by_default();

    const ROOT: &str = "[workspace.dependencies]\nwasi-facade = { path = 'f', default-features = false }";
    const FACADE: &str = "[package]\nname = 'wasi-facade'\n[dependencies]\n\
        wasi-zero = { path = 'z', optional = true }\nwasi-one = { path = 'o', optional = true }\n[features]\n\
        default = ['one']\none = ['dep:wasi-one']\nzero = ['dep:wasi-zero']\ncli = ['zero', 'one']\n";
    const CRATES: [&str; 2] = ["[package]\nname = 'wasi-zero'", "[package]\nname = 'wasi-one'"];

    fn findings(facade: &str, other: &str) -> Vec<String> {
        let manifests = Manifests::parse([ROOT, facade, other].into_iter().chain(CRATES)).unwrap();
        check(&manifests, &[ZERO, ONE])
    }

    #[test]
    fn a_feature_that_one_asks_for_is_fine() {
        assert_eq!(findings(FACADE, ""), [""; 0]);
        let user = "[package]\nname = 'user'\n[dependencies]\nwasi-facade.workspace = true\n\
                    [features]\nall = ['wasi-facade/cli']";
        assert_eq!(findings(FACADE, user), [""; 0]);
    }

    #[test]
    fn stage_0_in_default_is_named_with_the_way_to_it() {
        let through = FACADE.replace("default = ['one']", "default = ['cli']");
        let found = findings(&through, "");
        assert!(found[0].starts_with(
            "wasi-facade compiles the proposal zero by default, which stage 0 forbids: \
             wasi-facade/default -> wasi-facade/cli -> wasi-facade/zero; "
        ));
        assert!(found[1].starts_with("wasi-facade compiles zero in by default, and the matrix does not"));
    }

    #[test]
    fn stage_0_does_not_come_in_through_another_package() {
        for user in [
            "[dependencies]\nwasi-facade = { path = 'f', features = ['cli'] }",
            "[dependencies]\nwasi-facade = { workspace = true, features = ['zero'] }",
            "[dependencies]\nwasi-facade.workspace = true\n[features]\ndefault = ['wasi-facade/zero']",
            "[dependencies]\nfacade = { package = 'wasi-facade', path = 'f', features = ['zero'] }",
            "[target.'cfg(unix)'.dependencies]\nwasi-zero = { path = 'z' }",
            "[build-dependencies]\nwasi-zero = { path = 'z' }",
            "[dependencies]\nwasi-zero = { path = 'z', optional = true }\n[features]\ndefault = ['wasi-zero']",
        ] {
            let found = findings(FACADE, &format!("[package]\nname = 'user'\n{user}"));
            assert_eq!(found.len(), 1, "{user}: {found:?}");
            assert!(found[0].starts_with("user compiles the proposal zero by default"), "{found:?}");
        }
    }

    #[test]
    fn what_only_tests_use_is_not_compiled_by_default() {
        let user = "[package]\nname = 'user'\n[dev-dependencies]\nwasi-zero = { path = 'z' }";
        assert_eq!(findings(FACADE, user), [""; 0]);
    }

    #[test]
    fn the_matrix_and_the_facade_agree() {
        let without = FACADE.replace("default = ['one']", "default = []");
        assert!(
            findings(&without, "")[0]
                .starts_with("the matrix compiles one in by default, and wasi-facade does not")
        );
        let unknown = FACADE.replace("zero = ['dep:wasi-zero']\n", "").replace("'zero', ", "");
        assert!(findings(&unknown, "")[0].starts_with("wasi-facade has no feature zero; "));
    }
}
