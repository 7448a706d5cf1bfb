//! What is acknowledged is there once, after any crash; what is not acknowledged leaves no half.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use vocab::event::Protocol;
use vocab::{Event, SiteId};

use super::*;
use crate::{DeadLetter, DropReason, Suppressed};

fn at(seconds: i64) -> jiff::Timestamp {
    jiff::Timestamp::from_second(1_780_000_000 + seconds).unwrap()
}

fn event(n: u128) -> Event {
    let received_at = at(0);
    Event {
        event_id: Uuid::from_u128(n),
        site: SiteId(1),
        received_at,
        ts: received_at,
        ..Event::default()
    }
}

fn intake(ids: impl IntoIterator<Item = u128>) -> Intake {
    Intake { events: ids.into_iter().map(event).collect(), ..Intake::default() }
}

fn open(dir: &Path) -> Spool {
    Spool::open(SpoolConfig { keep_events: 0, ..SpoolConfig::new(dir) }).unwrap()
}

fn put(spool: &Spool, intake: &Intake) -> Appended {
    spool.append_blocking(intake, Duration::ZERO).unwrap()
}

fn ids(spool: &Spool) -> Vec<u128> {
    let events = spool.read::<Event>(0, usize::MAX).unwrap();
    events.into_iter().map(|(_, event)| event.event_id.as_u128()).collect()
}

fn counted(spool: &Spool, outcome: &str) -> u64 {
    let rows = spool.read::<StatRow>(0, usize::MAX).unwrap();
    rows.iter().filter(|(_, row)| row.outcome == outcome).map(|(_, row)| row.n).sum()
}

/// Waits until the writer has done what was queued before.
fn settle(spool: &Spool) {
    put(spool, &Intake { suppressed: vec![left(1)], ..Intake::default() });
}

fn left(count: u64) -> Suppressed {
    Suppressed {
        received_at: at(0),
        site: SiteId(1),
        proto: Protocol::Native,
        lib: String::new(),
        reason: DropReason::DeclaredBot,
        count,
    }
}

#[test]
fn a_second_arrival_changes_nothing_even_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let spool = open(dir.path());
    let first = put(&spool, &intake([1, 2, 1]));
    assert_eq!(first.offsets, [Some(0), Some(1), None]);
    assert_eq!(put(&spool, &intake([2, 3])).offsets, [None, Some(2)]);
    drop(spool);
    let spool = open(dir.path());
    assert_eq!(put(&spool, &intake([3, 4])).offsets, [None, Some(3)]);
    assert_eq!(ids(&spool), [1, 2, 3, 4]);
    assert_eq!((counted(&spool, "stored"), counted(&spool, "suppressed.duplicate")), (4, 3));
}

#[test]
fn ids_are_forgotten_after_the_window_and_imported_ones_never() {
    let dir = tempfile::tempdir().unwrap();
    let spool = open(dir.path());
    let later = |n: u128, hours: i64, proto| Intake {
        events: vec![Event { received_at: at(hours * 3600), proto, ..event(n) }],
        ..Intake::default()
    };
    put(&spool, &later(1, 0, Protocol::Native));
    put(&spool, &later(2, 0, Protocol::Import));
    assert_eq!(put(&spool, &later(1, 71, Protocol::Native)).stored(), 0);
    for hour in 12_i64..120 {
        put(&spool, &later(1_000 + u128::from(hour.cast_unsigned()), hour, Protocol::Native));
    }
    assert_eq!(put(&spool, &later(1, 120, Protocol::Native)).stored(), 1);
    assert_eq!(put(&spool, &later(2, 10_000, Protocol::Import)).stored(), 0);
    let dropped = spool.shared.db.list_keyspace_names();
    assert!(dropped.iter().filter(|name| name.starts_with("ids-")).count() <= 8);
}

#[test]
fn a_clock_that_jumps_makes_no_id_forgotten() {
    let dir = tempfile::tempdir().unwrap();
    let spool = open(dir.path());
    let put_at = |spool: &Spool, n: u128, hours: i64| {
        let event = Event { received_at: at(hours * 3600), ..event(n) };
        put(spool, &Intake { events: vec![event], ..Intake::default() }).stored()
    };
    assert_eq!(put_at(&spool, 1, 0), 1);
    // A year ahead, back again, two days back, and the day goes on.
    for (n, hours) in [(2, 8_760), (3, 1), (4, -48), (5, 13), (6, 26)] {
        assert_eq!(put_at(&spool, n, hours), 1);
    }
    for n in 1..=6 {
        assert_eq!(put_at(&spool, n, 30), 0, "{n}");
    }
    drop(spool);
    let spool = open(dir.path());
    for n in 1..=6 {
        assert_eq!(put_at(&spool, n, 8_761), 0, "{n}");
    }
}

/// A file system of its own and small, where this process may make one.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn new(megabytes: u32) -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let size = format!("size={megabytes}m");
        let mut mount = std::process::Command::new("mount");
        let mounted = mount.args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(dir.path()).status();
        mounted.is_ok_and(|status| status.success()).then(|| Self(dir))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        std::process::Command::new("umount").arg(self.0.path()).status().unwrap();
    }
}

#[test]
fn a_full_disk_refuses_and_loses_nothing_it_acknowledged() {
    let Some(disk) = SmallDisk::new(24) else {
        println!("skipped: needs the right to mount a file system");
        return;
    };
    let filler = disk.0.path().join("filler");
    std::fs::write(&filler, vec![0; 12 << 20]).unwrap();
    let dir = disk.0.path().join("spool");
    let large = |n: u128| Event { title: "x".repeat(20_000), ..event(n) };
    let put_large = |spool: &Spool, n: u128| {
        let intake = Intake { events: vec![large(n)], ..Intake::default() };
        spool.append_blocking(&intake, Duration::ZERO)
    };
    let mut acknowledged = Vec::new();
    let mut n = 0;
    let open = || {
        let config = SpoolConfig { min_free_bytes: 6 << 20, ..SpoolConfig::new(&dir) };
        Spool::open(config).unwrap()
    };
    let spool = open();
    let refused = loop {
        n += 1;
        match put_large(&spool, n) {
            Ok(_) => acknowledged.push(n),
            Err(error) => break error,
        }
        assert!(n < 5_000, "the disk never fills");
    };
    assert!(matches!(refused, CollectError::Overloaded { .. }), "{refused:?}");
    // Still full: still refused, and no panic.
    assert!(put_large(&spool, 10_000).is_err());
    std::fs::remove_file(&filler).unwrap();
    // Room again: the same spool takes what was refused, without a restart.
    let intake = Intake { events: vec![large(n)], ..Intake::default() };
    spool.append_blocking(&intake, Duration::from_secs(10)).unwrap();
    acknowledged.push(n);
    assert_eq!(ids(&spool), acknowledged);
    drop(spool);
    assert_eq!(ids(&open()), acknowledged);
}

fn journals(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(journals(&path));
        } else if path.extension().is_some_and(|ext| ext == "jnl") {
            found.push(path);
        }
    }
    found
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn a_torn_tail_leaves_whole_groups_only() {
    let dir = tempfile::tempdir().unwrap();
    let spool = open(dir.path());
    let groups = 12_u64;
    let mut ends = Vec::new();
    let journal = journals(dir.path()).pop().unwrap();
    for group in 0..groups {
        let first = u128::from(group) * 10;
        put(&spool, &intake(first..first + 10));
        ends.push(used(&journal));
    }
    // As after `kill -9`: nothing is closed, the files are as they lie.
    let crashed = tempfile::tempdir().unwrap();
    copy(dir.path(), crashed.path());
    let name = journal.strip_prefix(dir.path()).unwrap().to_owned();
    for (cut, whole) in
        [(0, groups), (1, groups - 1), (40, groups - 1), (ends[11] - ends[9] + 3, groups - 3)]
    {
        let torn = tempfile::tempdir().unwrap();
        copy(crashed.path(), torn.path());
        let file = std::fs::OpenOptions::new().write(true).open(torn.path().join(&name)).unwrap();
        file.set_len(ends[11] - cut).unwrap();
        drop(file);
        let spool = open(torn.path());
        assert_eq!(ids(&spool).len() as u64, whole * 10, "cut by {cut}");
        assert_eq!(spool.next_offset(Lane::Events), whole * 10);
        assert_eq!(counted(&spool, "stored"), whole * 10);
        // What was torn was not acknowledged: its sender comes again and is not a duplicate.
        let again = put(&spool, &intake(0..u128::from(groups) * 10));
        assert_eq!(again.stored() as u64, (groups - whole) * 10);
        assert_eq!(ids(&spool).into_iter().collect::<HashSet<_>>().len() as u64, groups * 10);
    }
}

/// Bytes written: the file may be longer, filled with zeros in advance.
fn used(path: &Path) -> u64 {
    let bytes = std::fs::read(path).unwrap();
    bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last as u64 + 1)
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_requests_share_a_sync() {
    let dir = tempfile::tempdir().unwrap();
    let spool = Arc::new(open(dir.path()));
    let requests = 400_u128;
    let work = (0..requests).map(|n| {
        let spool = Arc::clone(&spool);
        async move { spool.append(&intake([n])).await.unwrap().stored() }
    });
    let mut tasks = tokio::task::JoinSet::new();
    work.for_each(|task| drop(tasks.spawn(task)));
    let stored: usize = tasks.join_all().await.into_iter().sum();
    assert_eq!(stored as u128, requests);
    // Each group writes one row of statistics for these events, so rows count the syncs.
    let syncs = spool.next_offset(Lane::Stats);
    assert!(syncs < 200, "{syncs} syncs for {requests} requests");
}

#[test]
fn a_full_spool_refuses_until_the_loader_has_taken_something() {
    let dir = tempfile::tempdir().unwrap();
    let config = SpoolConfig { keep_events: 0, max_bytes: 4_000, ..SpoolConfig::new(dir.path()) };
    let spool = Spool::open(config).unwrap();
    let mut next = 0;
    let refused = loop {
        match spool.append_blocking(&intake([next]), Duration::ZERO) {
            Ok(_) => next += 1,
            Err(error) => break error,
        }
        assert!(next < 1_000, "never full");
    };
    assert!(
        matches!(refused, CollectError::Overloaded { retry_after } if retry_after.as_secs() == 5)
    );
    for lane in [Lane::Events, Lane::Stats] {
        let batch = spool.cut(lane, 1_000, at(1)).unwrap().unwrap();
        spool.finish(&batch).unwrap();
    }
    let waited = spool.append_blocking(&intake([next]), Duration::from_secs(20)).unwrap();
    assert_eq!(waited.offsets, [Some(next as u64)]);
}

#[test]
fn batches_are_cut_once_and_for_ever() {
    let dir = tempfile::tempdir().unwrap();
    let spool = open(dir.path());
    put(&spool, &intake(0..25));
    let cut = |spool: &Spool| spool.cut(Lane::Events, 10, at(5)).unwrap();
    let (a, b, c) = (cut(&spool).unwrap(), cut(&spool).unwrap(), cut(&spool).unwrap());
    assert_eq!(
        [(a.first, a.last), (b.first, b.last), (c.first, c.last)],
        [(0, 9), (10, 19), (20, 24)]
    );
    assert_eq!(cut(&spool), None);
    spool.finish(&a).unwrap();
    drop(spool);
    let spool = open(dir.path());
    assert_eq!(spool.open_batches(Lane::Events), [b.clone(), c.clone()]);
    assert_eq!(spool.read_batch::<Event>(&b).unwrap().len(), 10);
    for batch in [&b, &c] {
        spool.finish(batch).unwrap();
    }
    settle(&spool);
    settle(&spool);
    assert_eq!(spool.first_offset(Lane::Events), 25);
    drop(spool);
    // An empty lane goes on where it was: an offset never means two things.
    let spool = open(dir.path());
    assert_eq!(ids(&spool), [0_u128; 0]);
    assert_eq!(put(&spool, &intake([100])).offsets, [Some(25)]);
    let next = cut(&spool).unwrap();
    assert_eq!((next.id, next.first, next.last), (4, 25, 25));
    assert!(next.token.ends_with("-events-25-25"));
}

#[test]
fn a_batch_finished_before_an_earlier_one_is_never_cut_again() {
    let dir = tempfile::tempdir().unwrap();
    let spool = open(dir.path());
    put(&spool, &intake(0..20));
    let cut = |spool: &Spool| spool.cut(Lane::Events, 10, at(5)).unwrap();
    let (a, b) = (cut(&spool).unwrap(), cut(&spool).unwrap());
    spool.finish(&b).unwrap();
    settle(&spool);
    assert_eq!(spool.read_batch::<Event>(&a).unwrap().len(), 10);
    assert_eq!(cut(&spool), None);
    spool.finish(&a).unwrap();
    assert_eq!(cut(&spool), None);
    drop(spool);
    assert_eq!(cut(&open(dir.path())), None);
}

#[test]
fn a_batch_of_large_records_has_fewer_of_them() {
    let dir = tempfile::tempdir().unwrap();
    let spool = open(dir.path());
    let large = |n: u128| Event { title: "x".repeat(1 << 20), ..event(n) };
    put(&spool, &Intake { events: (0..200).map(large).collect(), ..Intake::default() });
    let batch = spool.cut(Lane::Events, 100_000, at(5)).unwrap().unwrap();
    assert!((100..=128).contains(&batch.last), "{batch:?}");
}

#[test]
fn a_segment_goes_with_its_last_record_and_no_other_record_does() {
    let dir = tempfile::tempdir().unwrap();
    let config =
        || SpoolConfig { keep_events: 0, max_bytes: 80_000, ..SpoolConfig::new(dir.path()) };
    let segments = |spool: &Spool| {
        let names = spool.shared.db.list_keyspace_names();
        names.iter().filter(|name| name.starts_with("events-")).count()
    };
    let spool = Spool::open(config()).unwrap();
    for group in 0..50 {
        put(&spool, &intake(group * 10..(group + 1) * 10));
    }
    let (all, held) = (segments(&spool), spool.held_bytes());
    assert!(all >= 4, "{all} segments");
    let half = spool.cut(Lane::Events, 250, at(5)).unwrap().unwrap();
    spool.finish(&half).unwrap();
    settle(&spool);
    settle(&spool);
    assert_eq!(ids(&spool), (250..500).collect::<Vec<_>>());
    assert!(segments(&spool) < all && spool.held_bytes() < held);
    let (some, held) = (segments(&spool), spool.held_bytes());
    // A segment begun by a write that a crash cut off is in no bounds.
    let stray = spool.shared.db.keyspace("events-499", Default::default).unwrap();
    drop((stray, spool));
    let spool = Spool::open(config()).unwrap();
    assert_eq!((segments(&spool), spool.held_bytes()), (some, held));
    assert_eq!(ids(&spool), (250..500).collect::<Vec<_>>());
    assert_eq!(spool.read::<Event>(490, 5).unwrap().len(), 5);
    assert_eq!(put(&spool, &intake([500])).offsets, [Some(500)]);
    let rest = spool.cut(Lane::Events, 1_000, at(6)).unwrap().unwrap();
    spool.finish(&rest).unwrap();
    settle(&spool);
    settle(&spool);
    assert_eq!((ids(&spool), segments(&spool)), (Vec::new(), 0));
}

#[test]
fn what_was_loaded_is_forgotten_when_somebody_is_erased_and_nothing_else_is() {
    let dir = tempfile::tempdir().unwrap();
    let open = || {
        let config = SpoolConfig { keep_events: 1_000, ..SpoolConfig::new(dir.path()) };
        Spool::open(config).unwrap()
    };
    let spool = open();
    put(&spool, &intake(0..20));
    let half = spool.cut(Lane::Events, 10, at(5)).unwrap().unwrap();
    spool.finish(&half).unwrap();
    settle(&spool);
    assert_eq!(ids(&spool).len(), 20, "kept for open visits");
    spool.forget_loaded();
    settle(&spool);
    settle(&spool);
    assert_eq!(ids(&spool), (10..20).collect::<Vec<_>>());
    let rest = spool.cut(Lane::Events, 10, at(5)).unwrap().unwrap();
    spool.finish(&rest).unwrap();
    spool.forget_loaded();
    settle(&spool);
    settle(&spool);
    assert_eq!(ids(&spool), [0_u128; 0]);
    let names = spool.shared.db.list_keyspace_names();
    assert!(!names.iter().any(|name| name.starts_with("events-")), "no segment is left: {names:?}");
    // It goes on where it was, before and after a restart.
    assert_eq!(put(&spool, &intake([100])).offsets, [Some(20)]);
    drop(spool);
    let spool = open();
    assert_eq!(ids(&spool), [100]);
    assert_eq!(put(&spool, &intake([100, 101])).offsets, [None, Some(21)]);
}

#[test]
fn nothing_is_trimmed_before_every_consumer_has_it() {
    let dir = tempfile::tempdir().unwrap();
    let spool = open(dir.path());
    put(&spool, &intake(0..10));
    spool.commit("mirror", Lane::Events, 4).unwrap();
    let batch = spool.cut(Lane::Events, 100, at(5)).unwrap().unwrap();
    spool.finish(&batch).unwrap();
    settle(&spool);
    settle(&spool);
    assert_eq!(ids(&spool), [4, 5, 6, 7, 8, 9]);
    assert_eq!(spool.committed("mirror", Lane::Events), Some(4));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn every_arrival_is_counted_once(requests in prop::collection::vec(
        (prop::collection::vec(0_u128..30, 0..12), 0_usize..4, 0_u64..5), 1..12)
    ) {
        let dir = tempfile::tempdir().unwrap();
        let spool = open(dir.path());
        let (mut accepted, mut dead_letters, mut bots) = (0, 0, 0);
        let mut seen = HashSet::new();
        for (ids, dead, bot) in requests {
            let mut intake = intake(ids.iter().copied());
            intake.dead = vec![DeadLetter {
                received_at: at(0), site: SiteId(1), proto: Protocol::Segment, lib: "l".into(),
                id: None, reason: DropReason::WrongType, source: "/x".into(), detail: String::new(), payload: String::new(),
            }; dead];
            intake.suppressed = vec![left(bot)];
            accepted += (ids.len() + dead) as u64 + bot;
            dead_letters += dead as u64;
            bots += bot;
            let appended = put(&spool, &intake);
            for (id, offset) in ids.iter().zip(appended.offsets) {
                prop_assert_eq!(offset.is_some(), seen.insert(*id));
            }
        }
        let rows = spool.read::<StatRow>(0, usize::MAX).unwrap();
        let total: u64 = rows.iter().map(|(_, row)| row.n).sum();
        prop_assert_eq!(total, accepted);
        prop_assert_eq!(counted(&spool, "stored"), seen.len() as u64);
        prop_assert_eq!(counted(&spool, "dead.wrong_type"), dead_letters);
        prop_assert_eq!(counted(&spool, "suppressed.declared_bot"), bots);
        prop_assert_eq!(spool.read::<DeadLetter>(0, usize::MAX).unwrap().len() as u64, dead_letters);
        prop_assert_eq!(ids(&spool).len(), seen.len());
    }
}
