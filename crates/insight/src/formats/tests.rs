//! Tests of the readers.

use proptest::prelude::*;

use super::*;
use crate::interactions::Interactions;

fn read(format: Format, text: &str) -> Result<Interactions> {
    let mut builder = InteractionsBuilder::new();
    format.read(text.as_bytes(), &mut builder)?;
    Ok(builder.build())
}

fn visits(text: &str) -> Result<Visits> {
    let mut builder = VisitsBuilder::default();
    builder.read(text.as_bytes())?;
    Ok(builder.build())
}

#[test]
fn pairs_come_with_commas_tabs_or_spaces_with_or_without_time_and_header() {
    for text in [
        "user,item,timestamp\n1,a,1500000000\n2,b,1500000001.5\n",
        "1\ta\t1500000000\n2\tb\t1500000001.5\n",
        "1 a 1500000000\r\n2 b 1500000001.5\r\n",
        "1,a,1500000000000\n2,b,2017-07-14T02:40:01.5Z\n",
    ] {
        let table = read(Format::Pairs, text).unwrap();
        let times: Vec<i64> = table.rows.iter().map(|row| row.ts_ms).collect();
        assert_eq!(times, [1_500_000_000_000, 1_500_000_001_500], "{text}");
        assert_eq!(table.visitors, [VisitorId(1), VisitorId(2)]);
    }
    let table = read(Format::Pairs, "user_id\titem_id\nanna\tx\nanna\ty\n").unwrap();
    assert_eq!((table.rows.len(), table.visitors.len(), table.items.len()), (2, 1, 2));
}

#[test]
fn a_line_that_cannot_be_read_is_named() {
    let error = read(Format::Pairs, "1,a,5\n1,a,yesterday\n").unwrap_err();
    let expected = "line 2: timestamp yesterday, expected seconds, milliseconds or RFC 3339";
    assert_eq!(error.to_string(), expected);
    let error = read(Format::Pairs, "1,a,5,9\n").unwrap_err();
    assert_eq!(error.to_string(), "line 1: 4 fields, expected user item [timestamp]");
    let header = "user_id,session_id,click_timestamp\n";
    let error = VisitsBuilder::default().read(header.as_bytes()).unwrap_err();
    assert!(error.to_string().starts_with("line 1: no column called one of click_article_id"));
}

#[test]
fn adjacency_lists_have_one_line_a_user() {
    let table = read(Format::Adjacency, "0 5 6 7\n1 5\n2\n").unwrap();
    assert_eq!((table.rows.len(), table.visitors.len(), table.items.len()), (4, 2, 3));
}

#[test]
fn session_clicks_are_found_by_column_name_and_wild_clocks_are_clipped() {
    let text = "user_id,session_id,session_start,session_size,click_article_id,click_timestamp\n\
                9,100,1500000000000,2,77,1500000001000\n9,100,1500000000000,2,78,1999999999999\n";
    let visits = visits(text).unwrap();
    assert_eq!(visits.clicks[0].session, 100);
    assert_eq!(visits.clicks[0].at_ms, 1_500_000_001_000);
    assert_eq!(visits.clicks[1].at_ms, 1_500_000_000_000 + MAX_SESSION_MS);
    assert_eq!(visits.clipped, 1);
    assert_eq!(super::tests::visits(&format!("{text}{text}")).unwrap().clicks.len(), 4);
    let error = super::tests::visits(&text.replace(",1500000001000", ",soon")).unwrap_err();
    assert_eq!(error.to_string(), "line 2: time soon");
    assert_eq!(visits.interactions().rows.len(), 2);
}

#[test]
fn other_names_and_separators_are_known_and_silence_ends_a_visit_without_a_name() {
    let text = "SessionId;ItemId;Time;device\n7;a;1500000000;phone\n7;b;1500000060;desk\n";
    assert!(VisitsBuilder::recognises("SessionId;ItemId;Time"));
    let known = visits(text).unwrap();
    assert_eq!(known.clicks[0].visitor, 7);
    assert_eq!([known.clicks[0].contexts[0], known.clicks[1].contexts[0]], [1, 2]);
    let text = "user\titem\ttimestamp\n1\ta\t1500000000\n1\tb\t1500000060\n1\tc\t1500009999\n";
    assert!(!VisitsBuilder::recognises("user\titem\ttimestamp"));
    let sessions: Vec<u64> =
        visits(text).unwrap().clicks.iter().map(|click| click.session).collect();
    assert_eq!(sessions, [1, 1, 2]);
}

#[test]
fn the_layout_is_recognised() {
    assert!(VisitsBuilder::recognises("user_id,session_id,click_article_id,click_timestamp"));
    assert_eq!(Format::detect(&["1,2", "3,4"]), Format::Pairs);
    assert_eq!(Format::detect(&["1 2 99", "3 4 98"]), Format::Pairs);
    assert_eq!(Format::detect(&["0 1 2 3", "1 5", "2 7 8"]), Format::Adjacency);
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_without_panic(text in "[0-9a-z,\\t .\\-\\n]{0,200}") {
        drop(visits(&text));
        for format in [Format::Pairs, Format::Adjacency] {
            if let Ok(table) = read(format, &text) {
                prop_assert!(table.check().is_ok());
            }
        }
    }
}

#[test]
fn ratings_are_uses_and_no_times() {
    for text in [
        "1::1193::5::978300760\n1::661::3::978302109\n",
        "1\t1193\t5\t978300760\n1\t661\t3\t978302109\n",
        "1,1193,5.0,978300760\n1,661,3.5,978302109\n",
    ] {
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(Format::detect(&lines), Format::Rated, "{text}");
        let table = read(Format::Rated, text).unwrap();
        let found: Vec<i64> = table.rows.iter().map(|row| row.ts_ms).collect();
        assert_eq!(found, [978_300_760_000, 978_302_109_000], "{text}");
        assert!(table.rows.iter().all(|row| (row.weight - 1.0).abs() < f32::EPSILON));
    }
    // A header of any words.
    let text = "u,i,r\n1,10,4\n2,11,0.5\n";
    assert_eq!(Format::detect(&text.lines().collect::<Vec<_>>()), Format::Rated);
    let table = read(Format::Rated, text).unwrap();
    assert_eq!(table.rows.iter().map(|row| row.ts_ms).collect::<Vec<_>>(), [0, 0]);
    for text in ["1 a 1500000000\n2 b 1500000001", "1 a\n2 b", "1,a,5"] {
        assert_eq!(Format::detect(&text.lines().collect::<Vec<_>>()), Format::Pairs, "{text}");
    }
}

#[test]
fn well_known_files_without_a_header_are_known() {
    let yoochoose =
        "1,2014-04-07T10:51:09.277Z,214536502,0\n1,2014-04-07T10:54:09.868Z,214536500,S\n";
    assert!(VisitsBuilder::recognises(yoochoose.lines().next().unwrap()));
    let found = visits(yoochoose).unwrap();
    assert_eq!((found.clicks.len(), found.items.len()), (2, 2));
    assert_eq!(found.clicks[1].at_ms - found.clicks[0].at_ms, 180_591);

    let bought = "420374,2014-04-06T18:44:58.314Z,214537888,12462,1\n";
    assert!(VisitsBuilder::recognises(bought));
    assert_eq!(visits(bought).unwrap().items, ["214537888".into()]);

    let gowalla = "0\t2010-10-19T23:55:27Z\t30.23\t-97.79\t22847\n0\t2010-10-18T22:17:43Z\t30.26\t-97.76\t420315\n";
    let first = gowalla.lines().next().unwrap();
    assert!(VisitsBuilder::recognises_uses(first) && !VisitsBuilder::recognises(first));
    assert_eq!(visits(gowalla).unwrap().items, ["22847".into(), "420315".into()]);
}

#[test]
fn days_with_an_offset_and_types_in_names_are_read() {
    let diginetica = "sessionId;userId;itemId;timeframe;eventdate\n\
                      1;NA;81766;526309;2016-05-09\n1;NA;31331;1031018;2016-05-09\n";
    let found = visits(diginetica).unwrap();
    assert_eq!(found.clicks[0].at_ms, 1_462_752_000_000 + 526_309);
    assert_eq!(found.clicks[0].visitor, found.clicks[0].session, "nobody is called NA");
    let nobody = "user_id,item_id,timestamp\nNA,5,10\n7,5,11\nnull,6,12\n";
    let found = visits(nobody).unwrap();
    assert_eq!((found.clicks.len(), found.nameless), (1, 2));
    let recbole =
        "user_id:token\titem_id:token\trating:float\ttimestamp:float\n196\t242\t3\t881250949\n";
    let found = visits(recbole).unwrap();
    assert_eq!((found.items[0].as_str(), found.clicks[0].at_ms), ("242", 881_250_949_000));
}
