//! What every use of an item updates: 150,000 items, 1.5 million people, 10 million uses, on one core.

#[path = "harness/table.rs"]
mod table;

use std::time::{Duration, Instant};

use insight::stream::{Candidates, Click, Limits, Stream};
use jiff::{SignedDuration, Timestamp};
use recommend::{Streaming, Use};
use table::Table;
use vocab::{Channel, ItemId, SessionId, VisitorId};

const ITEMS: u64 = 150_000;
const PEOPLE: u64 = 1_500_000;
const USES: u64 = 10_000_000;
/// Three days of a province's uses: four every hundred milliseconds.
const EVERY_MS: i64 = 25;
/// Items of one topic: visits stay within one.
const TOPIC: u64 = 30;
/// Uses of a visit, on average.
const VISIT: u64 = 6;
const QUESTIONS: u64 = 4_000;

fn main() -> anyhow::Result<()> {
    let mut table = Table::default();
    let before = resident()?;
    let mut stream = Stream::new(Limits { visitors: 2_000_000, ..Limits::default() });
    let started = Instant::now();
    for nth in 0..USES {
        stream.observe(&click(nth));
    }
    let rate = USES as f64 / started.elapsed().as_secs_f64();
    table.row("uses learnt a second, one core", "≥ 200,000", format!("{rate:.0}"));
    table.row(
        "memory for 150,000 items, 1.5 M people, 10 M uses (MiB)",
        "≤ 2,048",
        format!("{}", (resident()? - before) >> 20),
    );
    let [edges, pairs, visitors, visits] = stream.sizes();
    table.row(
        "edges, pairs, visitors, visits kept",
        "",
        format!("{edges}, {pairs}, {visitors}, {visits}"),
    );
    let mut room = Candidates::default();
    let mut described = 0;
    let times = times(|nth| {
        let asked = click(USES - 1 - nth * 97);
        let view = Stream::view_of(vec![asked.item], Vec::new(), asked.contexts, asked.at_ms);
        stream.candidates(&view, &mut room);
        described += room.items.len();
    });
    let candidates = described / QUESTIONS as usize;
    table.row("candidates of a question, described: p50, p99 (ms)", "", at(&times));
    table.row("… how many", "", candidates.to_string());
    drop(stream);

    // As a server does it: by name, in batches, with lessons for the ranker, and only visits that go on.
    let streaming = Streaming::default();
    let ids: Vec<ItemId> = (0..ITEMS).map(|item| ItemId::from(format!("i{item:06}"))).collect();
    let mut spent = Duration::ZERO;
    let mut batch = Vec::new();
    for nth in 0..USES / 5 {
        batch.push(used(nth, &ids));
        if batch.len() == 512 {
            let started = Instant::now();
            streaming.observe(&batch);
            spent += started.elapsed();
            batch.clear();
        }
    }
    let rate = (USES / 5) as f64 / spent.as_secs_f64();
    table.row("… by name, in batches of 512, teaching the ranker", "", format!("{rate:.0}"));
    let times = self::times(|nth| {
        let last = used(USES / 5 - 1 - nth * 97, &ids);
        let visit = [&last.item];
        let found = streaming.next(&visit, &[], (Channel::Web, ""), last.at, 60, &|_| true);
        assert!(!found.is_empty());
    });
    table.row("what comes next, ranked: p50, p99 (ms)", "", at(&times));
    table.print();
    Ok(())
}

fn spread(number: u64) -> u64 {
    // SplitMix64.
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Visits of neighbouring uses are interleaved sixteenfold; topics and the items in them are used by Zipf's law.
fn click(nth: u64) -> Click {
    let visit = nth / (16 * VISIT) * 16 + nth % 16;
    let zipf = |random: u64, most: u64| {
        let share = (random >> 11) as f64 / (1_u64 << 53) as f64;
        ((most as f64).powf(share) as u64).min(most) - 1
    };
    let topic = zipf(spread(visit), ITEMS / TOPIC + 1);
    let item = (topic * TOPIC + zipf(spread(nth ^ 0x5555), TOPIC + 1)) % ITEMS;
    Click {
        visitor: spread(visit % PEOPLE),
        session: visit,
        item: item as u32,
        at_ms: 1_800_000_000_000 + nth as i64 * EVERY_MS,
        contexts: [(visit % 4) as u8, 0, (visit % 21) as u8, 0],
    }
}

fn used(nth: u64, ids: &[ItemId]) -> Use {
    let click = click(nth);
    Use {
        visitor: VisitorId(click.visitor),
        session: SessionId(click.session),
        item: ids[click.item as usize].clone(),
        at: Timestamp::UNIX_EPOCH + SignedDuration::from_millis(click.at_ms),
        channel: Channel::Web,
        region: format!("44{:02}00", click.contexts[2]),
    }
}

fn times(mut question: impl FnMut(u64)) -> Vec<Duration> {
    let mut times: Vec<Duration> = (0..QUESTIONS)
        .map(|nth| {
            let started = Instant::now();
            question(nth);
            started.elapsed()
        })
        .collect();
    times.sort_unstable();
    times
}

fn at(times: &[Duration]) -> String {
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    format!("{:.2}, {:.2}", at(0.5), at(0.99))
}

/// Bytes in memory.
fn resident() -> anyhow::Result<u64> {
    let pages = std::fs::read_to_string("/proc/self/statm")?;
    let resident: u64 = pages.split_whitespace().nth(1).unwrap_or_default().parse()?;
    Ok(resident * 4_096)
}
