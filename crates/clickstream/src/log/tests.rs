//! Files of any shape: whole, torn, packed, odd; and a real one.

use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use uuid::Uuid;
use vocab::{Channel, SiteId};

use super::*;
use crate::{Definitions, Spool, SpoolConfig};

fn options<'a>(resolve: &'a dyn Fn(&str) -> Option<ItemId>) -> Options<'a> {
    Options {
        site: SiteKey {
            site: SiteId(1),
            write_key: "k".into(),
            pepper: [7; 32],
            time_zone: "UTC".into(),
            default_channel: Channel::Web,
            plan: None,
            origins: Vec::new(),
        },
        host: "www.example.gov.cn".into(),
        clock: &|| Timestamp::constant(1_780_000_000, 0),
        consent: Consent::ANALYTICS,
        resolve,
        knowledge: Knowledge::default(),
        threads: 2,
    }
}

struct Read {
    summary: Result<Summary, CollectError>,
    events: Vec<vocab::Event>,
    dead: Vec<DeadLetter>,
    last: Progress,
}

fn read(path: &Path) -> Read {
    let definitions = Definitions::built_in().unwrap();
    let (mut events, mut dead, mut last) = (Vec::new(), Vec::new(), Progress::default());
    let resolve = |path: &str| (path == "/item").then(|| ItemId::from("svc-1"));
    let summary = import(
        definitions.log(),
        &[path.to_owned()],
        &options(&resolve),
        &mut |progress| last = progress,
        &mut |intake| {
            events.extend(intake.events);
            dead.extend(intake.dead);
            Ok(())
        },
    );
    Read { summary, events, dead, last }
}

fn line(n: usize, path: &str) -> String {
    format!(
        "192.0.2.{} - - [01/Aug/1995:{:02}:{:02}:{:02} -0400] \"GET {path} HTTP/1.0\" 200 1713\n",
        n % 200,
        n / 3600 % 24,
        n / 60 % 60,
        n % 60
    )
}

fn file(dir: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = dir.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

fn pack(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

#[test]
fn the_same_lines_make_the_same_events_wherever_they_lie_and_however_packed() {
    let dir = tempfile::tempdir().unwrap();
    let text: String = (0..30_000).map(|n| line(n, "/item")).collect();
    let (head, tail) = text.split_at(text.len() / 3);
    let plain = read(&file(dir.path(), "a.log", text.as_bytes()));
    let packed = read(&file(dir.path(), "other.gz", &pack(text.as_bytes())));
    let members = [pack(head.as_bytes()), pack(tail.as_bytes())].concat();
    let members = read(&file(dir.path(), "members.gz", &members));
    assert_eq!(plain.summary.unwrap().events, 30_000);
    assert_eq!(plain.events, packed.events);
    assert_eq!(plain.events, members.events);
    assert_eq!(plain.events[0].item_id, "svc-1");
    assert_eq!(packed.last.bytes, packed.last.total);
    assert_eq!(packed.last.lines, 30_000);
}

#[test]
fn identical_lines_are_different_events_and_stay_so() {
    let dir = tempfile::tempdir().unwrap();
    let text = [line(1, "/a"), line(1, "/a"), line(2, "/a"), line(1, "/a")].concat();
    let path = file(dir.path(), "a.log", text.as_bytes());
    let ids = |read: Read| read.events.iter().map(|event| event.event_id).collect::<Vec<Uuid>>();
    let (first, second) = (ids(read(&path)), ids(read(&path)));
    assert_eq!(first, second);
    let distinct: std::collections::HashSet<_> = first.iter().collect();
    assert_eq!(distinct.len(), 4);
}

#[test]
fn a_second_import_adds_no_dead_letter_either() {
    let dir = tempfile::tempdir().unwrap();
    let spool = Spool::open(SpoolConfig::new(dir.path().join("spool"))).unwrap();
    let unset = line(3, "/a").replace("1995", "1970");
    let text = ["hello\n", &line(1, "/a"), "hello\n", &unset].concat();
    for name in ["a.log", "b.log", "b.log"] {
        let read = read(&file(dir.path(), name, text.as_bytes()));
        assert_eq!((read.events.len(), read.dead.len()), (1, 3));
        assert_eq!(read.dead[2].reason, DropReason::BadValue);
        let intake = Intake { events: read.events, dead: read.dead, ..Intake::default() };
        spool.append_blocking(&intake, std::time::Duration::ZERO).unwrap();
    }
    let letters = spool.read::<DeadLetter>(0, usize::MAX).unwrap();
    let places: Vec<_> =
        letters.iter().map(|(_, l)| l.source.rsplit('/').next().unwrap()).collect();
    assert_eq!(places, ["a.log:1", "a.log:3", "a.log:4"]);
}

#[test]
fn a_visit_in_a_log_ends_after_half_an_hour() {
    let dir = tempfile::tempdir().unwrap();
    let text: String = [0, 1_800, 3_601]
        .iter()
        .map(|n| line(*n, "/a").replace("192.0.2.1 ", "192.0.2.0 "))
        .collect();
    let text =
        text.lines().map(|line| line.split_once(' ').unwrap().1).map(|rest| format!("h {rest}\n"));
    let read = read(&file(dir.path(), "a.log", text.collect::<String>().as_bytes()));
    assert_eq!(read.events[0].session, read.events[1].session);
    assert_ne!(read.events[1].session, read.events[2].session);
}

#[test]
fn odd_lines_are_dead_letters_with_their_place() {
    let dir = tempfile::tempdir().unwrap();
    let mut bytes = line(1, "/a").into_bytes();
    bytes.extend(b"\r\nhello\n");
    bytes.extend(b"h - - [01/Aug/1995:00:00:01 -0400] \"GET /\xff\xfe HTTP/1.0\" 200 5\n");
    bytes.extend(vec![b'x'; 3 << 20]);
    bytes.push(b'\n');
    bytes.extend(line(2, "/last").trim_end().as_bytes());
    let path = file(dir.path(), "odd.log", &bytes);
    let read = read(&path);
    let summary = read.summary.unwrap();
    assert_eq!((summary.lines, summary.events, summary.dead), (5, 3, 2));
    let places: Vec<_> = read.dead.iter().map(|dead| dead.source.clone()).collect();
    assert_eq!(places, [format!("{}:3", path.display()), format!("{}:5", path.display())]);
    assert!(read.dead[1].payload.len() <= 32 << 10);
    assert_eq!(read.events[1].path, "/\u{fffd}\u{fffd}");
    assert_eq!(read.events[2].path, "/last");
}

#[test]
fn a_torn_gzip_gives_its_whole_lines_and_then_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let text: String = (0..50_000).map(|n| line(n, &format!("/p{}", n * 7919 % 10_007))).collect();
    let packed = pack(text.as_bytes());
    let read = read(&file(dir.path(), "torn.gz", &packed[..packed.len() / 2]));
    let error = read.summary.unwrap_err();
    assert!(
        matches!(&error, CollectError::Truncated { detail } if detail.contains("lines that were imported")),
        "{error}"
    );
    assert!(read.events.len() > 10_000 && read.dead.is_empty(), "{}", read.events.len());
    let first: Vec<_> = text.lines().take(read.events.len()).collect();
    assert!(first.last().unwrap().contains(&read.events.last().unwrap().path));
}

#[test]
fn an_error_of_the_sink_ends_the_import_after_the_parts_before_it() {
    let dir = tempfile::tempdir().unwrap();
    // Many more parts than are read ahead.
    let text: String = (0..150_000).map(|n| line(n, "/a")).collect();
    let path = file(dir.path(), "a.log", text.as_bytes());
    let definitions = Definitions::built_in().unwrap();
    let (mut taken, mut calls) = (0, 0);
    let outcome =
        import(definitions.log(), &[path], &options(&|_| None), &mut |_| {}, &mut |intake| {
            calls += 1;
            if calls == 3 {
                return Err(CollectError::UnknownKey);
            }
            taken += intake.events.len();
            Ok(())
        });
    assert!(matches!(outcome, Err(CollectError::UnknownKey)), "{outcome:?}");
    assert_eq!(calls, 3);
    assert!(taken > 20_000 && taken < 150_000, "{taken}");
}

#[test]
fn a_missing_file_is_named() {
    let error = read(Path::new("/nowhere/access.log")).summary.unwrap_err();
    assert!(error.to_string().contains("/nowhere/access.log"));
}

#[test]
fn a_real_log_is_imported_once_however_often_it_is_tried() {
    let path =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/clicks/nasa-1995-08-01.log.gz");
    let path = Path::new(path);
    if !path.exists() {
        println!("skipped: the NASA log of 1 August 1995 is not there");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let spool = Spool::open(SpoolConfig::new(dir.path())).unwrap();
    let definitions = Definitions::built_in().unwrap();
    let mut stored = Vec::new();
    for _ in 0..2 {
        let mut new = 0;
        let summary = import(
            definitions.log(),
            &[path.to_owned()],
            &options(&|_| None),
            &mut |_| {},
            &mut |intake| {
                new += spool.append_blocking(&intake, std::time::Duration::from_secs(60))?.stored();
                Ok(())
            },
        );
        let summary = summary.unwrap();
        assert_eq!(summary.lines, 30_969);
        let left: u64 = summary.suppressed.values().sum();
        assert_eq!(summary.events + summary.dead + left, 30_969);
        insta::assert_debug_snapshot!("nasa", summary);
        stored.push(new as u64);
        assert_eq!(stored[0], summary.events);
    }
    assert_eq!(stored[1], 0);
    assert_eq!(spool.next_offset(crate::Lane::Events), stored[0]);
}

const IIS: &str = "#Software: Microsoft Internet Information Services 10.0
#Fields: date time cs-method cs-uri-stem cs-uri-query c-ip cs(User-Agent) cs(Referer) sc-status
2026-05-28 12:00:00 GET /item id=7 203.0.113.9 Mozilla/5.0+(Windows+NT+10.0) https://b.example/x 200
#Fields: date time c-ip cs-method cs-uri-stem sc-status
2026-05-28 12:00:01 203.0.113.9 GET /other 200
2026-05-28 12:00:02 203.0.113.9 GET
";

const NGINX: &str = r#"{"time_iso8601":"2026-05-28T20:00:00+08:00","remote_addr":"203.0.113.9","request":"GET /item?id=7 HTTP/1.1","status":200,"http_referer":"https://b.example/x","http_user_agent":"Mozilla/5.0 (Windows NT 10.0)","host":"www.x.gov.cn"}
{"time_iso8601":"soon"}
"#;

#[test]
fn every_format_makes_the_same_view() {
    let dir = tempfile::tempdir().unwrap();
    for (name, text, dead) in [("iis.log", IIS, 1), ("nginx.json", NGINX, 1)] {
        let found = read(&file(dir.path(), name, text.as_bytes()));
        let first = &found.events[0];
        assert_eq!(first.ts.to_string(), "2026-05-28T12:00:00Z", "{name}");
        assert_eq!((first.item_id.as_str(), first.path.as_str()), ("svc-1", "/item"), "{name}");
        assert_eq!(
            (first.ref_host.as_str(), first.os.as_str()),
            ("b.example", "Windows"),
            "{name}"
        );
        assert_eq!(found.dead.len(), dead, "{name}");
        assert!(!found.dead[0].payload.contains("203.0.113.9"));
    }
}

#[test]
fn a_log_is_followed_through_rotation_and_truncation_and_again_from_the_start() {
    use std::cell::{Cell, RefCell};

    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("access.log");
    let definitions = Definitions::built_in().unwrap();
    let resolve = |_: &str| None;
    let append = |text: &str| {
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(&path).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    };
    let ids = |moves: &dyn Fn(usize) -> bool| {
        let (turn, ids) = (Cell::new(0), RefCell::new(Vec::new()));
        let wait = |_| {
            turn.set(turn.get() + 1);
            moves(turn.get())
        };
        let mut sink = |intake: Intake| {
            ids.borrow_mut()
                .extend(intake.events.iter().map(|event| (event.path.clone(), event.event_id)));
            Ok(())
        };
        follow(definitions.log(), &path, &options(&resolve), &wait, &mut sink).unwrap();
        ids.into_inner()
    };
    let whole = line(3, "/c");
    let (head, tail) = whole.split_at(20);
    let seen = ids(&|turn| {
        match turn {
            // Not there yet.
            1 => append(&line(1, "/a")),
            2 => append(&format!("{}{head}", line(2, "/b"))),
            3 => append(tail),
            4 => {
                append(&line(4, "/d"));
                std::fs::rename(&path, dir.path().join("access.log.1")).unwrap();
            }
            5 => append(&line(5, "/e")),
            6 => {
                std::fs::write(&path, "").unwrap();
            }
            7 => append(&line(6, "/f")),
            8 => append("a line without an end"),
            _ => return false,
        }
        true
    });
    let paths: Vec<&str> = seen.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(paths, ["/a", "/b", "/c", "/d", "/e", "/f"]);
    // Another run makes the same ids of the lines that are still there.
    let again = ids(&|_| false);
    assert_eq!(again, seen[5..]);
}
