//! Tests of numbers, flags and layouts against the published witx.

use super::versions::{Preview1, Unstable, Version};
use super::{
    Advice, Clockid, Eventrwflags, Fdflags, Filestat, Filetype, Fstflags, Lookupflags, Oflags, Riflags,
    Rights, Roflags, Sdflags, Subclockflags,
};
use crate::errno::{self, Errno};
use bitflags::Flags;
use std::fmt::Debug;
use test_support::witx::published;
use wasi_policy::Memory;
use witx::{Document, Id, Layout, NamedType, RecordDatatype, Type, Variant};

fn named(document: &Document, name: &str) -> std::rc::Rc<NamedType> {
    document.typename(&Id::new(name)).unwrap_or_else(|| panic!("the witx has no {name}"))
}

fn record(document: &Document, name: &str) -> RecordDatatype {
    match &**named(document, name).type_() {
        Type::Record(record) => record.clone(),
        other => panic!("{name} is no record but {other:?}"),
    }
}

fn variant(document: &Document, name: &str) -> Variant {
    match &**named(document, name).type_() {
        Type::Variant(variant) => variant.clone(),
        other => panic!("{name} is no variant but {other:?}"),
    }
}

/// How the crate writes a name of the witx in an enumeration: no underscores, and `clockid` ends in `_id`.
fn squeezed(name: &str) -> String {
    name.strip_suffix("_id").unwrap_or(name).replace('_', "").to_lowercase()
}

fn compare_enumeration<E: Debug>(document: &Document, name: &str, number: impl Fn(u32) -> Result<E, Errno>) {
    let cases = variant(document, name).cases;
    for (index, case) in (0..).zip(&cases) {
        let ours = number(index).unwrap_or_else(|_| panic!("{name} {index}"));
        assert_eq!(format!("{ours:?}").to_lowercase(), squeezed(case.name.as_str()), "{name} {index}");
    }
    for beyond in [u32::try_from(cases.len()).unwrap(), 255, 256, u32::MAX] {
        assert_eq!(number(beyond).err(), Some(Errno::Inval), "{name} {beyond}");
    }
}

fn compare_flags<F: Flags<Bits: Into<u64>>>(document: &Document, name: &str) {
    let record = record(document, name);
    let theirs: Vec<_> = record.members.iter().map(|member| member.name.as_str().to_uppercase()).collect();
    let ours: Vec<_> = F::FLAGS.iter().map(|flag| flag.name().to_owned()).collect();
    assert_eq!(ours, theirs, "{name}");
    for (index, flag) in F::FLAGS.iter().enumerate() {
        assert_eq!(flag.value().bits().into(), 1 << index, "{name}.{}", flag.name());
    }
    let repr = record.bitflags_repr().unwrap();
    assert_eq!(repr.mem_size_align().size, size_of::<F::Bits>(), "{name}");
}

#[test]
fn numbers_and_flags_are_those_of_the_witx() {
    let Some(published) = published() else { return };
    for document in [&published.preview1, &published.unstable] {
        compare_enumeration(document, "clockid", Clockid::try_from);
        compare_enumeration(document, "advice", Advice::try_from);
        compare_enumeration(document, "filetype", Filetype::try_from);
        compare_flags::<Fdflags>(document, "fdflags");
        compare_flags::<Oflags>(document, "oflags");
        compare_flags::<Lookupflags>(document, "lookupflags");
        compare_flags::<Fstflags>(document, "fstflags");
        compare_flags::<Riflags>(document, "riflags");
        compare_flags::<Roflags>(document, "roflags");
        compare_flags::<Sdflags>(document, "sdflags");
        compare_flags::<Subclockflags>(document, "subclockflags");
        compare_flags::<Eventrwflags>(document, "eventrwflags");
    }
    compare_flags::<Rights>(&published.preview1, "rights");
    compare_enumeration(&published.preview1, "whence", Preview1::whence);
    compare_enumeration(&published.unstable, "whence", Unstable::whence);
}

/// The older module has one right less, since it has one function less.
#[test]
fn the_older_rights_are_a_prefix_of_ours() {
    let Some(published) = published() else { return };
    let older = record(&published.unstable, "rights").members;
    assert_eq!(older.len() + 1, Rights::FLAGS.len());
    for (flag, member) in Rights::FLAGS.iter().zip(&older) {
        assert_eq!(flag.name(), member.name.as_str().to_uppercase());
    }
}

#[test]
fn errnos_have_the_numbers_of_the_witx() {
    let Some(published) = published() else { return };
    for document in [&published.preview1, &published.unstable] {
        let cases = variant(document, "errno").cases;
        for (name, errno) in errno::ALL {
            let theirs = cases.get(usize::from(errno.code())).map(|case| case.name.as_str());
            let ours = if *errno == Errno::TooBig { "2big".to_owned() } else { name.to_lowercase() };
            assert_eq!(theirs, Some(&*ours), "{errno:?}");
        }
    }
}

/// The places of a record's fields, by name, and its size.
fn layout(document: &Document, name: &str) -> (Vec<(String, usize)>, usize) {
    let record = record(document, name);
    let fields = record.member_layout();
    let fields = fields.iter().map(|field| (field.member.name.as_str().to_owned(), field.offset));
    (fields.collect(), record.mem_size_align().size)
}

fn place(document: &Document, record: &str, field: &str) -> usize {
    let (fields, _) = layout(document, record);
    fields.iter().find(|(name, _)| name == field).unwrap_or_else(|| panic!("{record}.{field}")).1
}

fn compare_filestat<V: Version>(document: &Document) {
    let stat = Filestat {
        dev: 0x0101_0101_0101_0101,
        ino: 0x0202_0202_0202_0202,
        filetype: Filetype::SymbolicLink,
        nlink: 0x0404_0404,
        size: 0x0505_0505_0505_0505,
        atim: 0x0606_0606_0606_0606,
        mtim: 0x0707_0707_0707_0707,
        ctim: 0x0808_0808_0808_0808,
    };
    let (_, size) = layout(document, "filestat");
    let mut expected = vec![0; size];
    let at = |field| place(document, "filestat", field);
    for (field, word) in [
        ("dev", stat.dev),
        ("ino", stat.ino),
        ("size", stat.size),
        ("atim", stat.atim),
        ("mtim", stat.mtim),
        ("ctim", stat.ctim),
    ] {
        expected[at(field)..][..8].copy_from_slice(&word.to_le_bytes());
    }
    expected[at("filetype")] = 7;
    expected[at("nlink")..][..4].copy_from_slice(&[4; 4]);

    let mut bytes = vec![b'?'; size + 16];
    V::write_filestat(&mut Memory::plain(&mut bytes), 8, &stat).unwrap();
    assert_eq!(bytes[8..8 + size], expected);
    assert_eq!((&bytes[..8], &bytes[8 + size..]), (&[b'?'; 8][..], &[b'?'; 8][..]));
}

#[test]
fn records_lie_as_in_the_witx() {
    let Some(published) = published() else { return };
    compare_filestat::<Preview1>(&published.preview1);
    compare_filestat::<Unstable>(&published.unstable);
    compare_subscription::<Preview1>(&published.preview1);
    compare_subscription::<Unstable>(&published.unstable);
}

fn compare_subscription<V: Version>(document: &Document) {
    let (_, size) = layout(document, "subscription");
    assert_eq!(usize::try_from(V::SUBSCRIPTION_SIZE).unwrap(), size);
    let payload = place(document, "subscription", "u") + variant(document, "subscription_u").payload_offset();
    let clock = payload + place(document, "subscription_clock", "id");
    assert_eq!(usize::try_from(V::SUBSCRIPTION_CLOCK).unwrap(), clock);
    // The call takes these from fixed places.
    assert_eq!(place(document, "subscription", "userdata"), 0);
    assert_eq!(place(document, "subscription", "u"), 8);
    assert_eq!(payload, 16);
    let timeout = payload + place(document, "subscription_clock", "timeout");
    let flags = payload + place(document, "subscription_clock", "flags");
    assert_eq!((timeout, flags), (clock + 8, clock + 24));
}

/// The records that the calls write word by word lie where their documentation says.
#[test]
fn the_other_records_lie_where_the_calls_put_them() {
    let Some(published) = published() else { return };
    let table = [
        ("event", 32, vec![("userdata", 0), ("error", 8), ("type", 10), ("fd_readwrite", 16)]),
        ("event_fd_readwrite", 16, vec![("nbytes", 0), ("flags", 8)]),
        ("dirent", 24, vec![("d_next", 0), ("d_ino", 8), ("d_namlen", 16), ("d_type", 20)]),
        (
            "fdstat",
            24,
            vec![("fs_filetype", 0), ("fs_flags", 2), ("fs_rights_base", 8), ("fs_rights_inheriting", 16)],
        ),
        ("iovec", 8, vec![("buf", 0), ("buf_len", 4)]),
        ("ciovec", 8, vec![("buf", 0), ("buf_len", 4)]),
    ];
    for document in [&published.preview1, &published.unstable] {
        for (name, size, fields) in &table {
            let fields: Vec<_> = fields.iter().map(|(field, at)| ((*field).to_owned(), *at)).collect();
            assert_eq!(layout(document, name), (fields, *size), "{name}");
        }
        assert_eq!(variant(document, "prestat").mem_size_align().size, 8);
        assert_eq!(variant(document, "prestat").payload_offset(), 4);
    }
}
