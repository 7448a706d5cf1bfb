//! Changes, removals, and coming back after a restart.

use vocab::{Lang, Lifecycle};

use super::*;

#[test]
fn only_servable_items_are_found() {
    let mut draft = item("draft", "社保草稿");
    draft.review = ReviewState::Submitted;
    let mut withdrawn = item("withdrawn", "社保撤回");
    withdrawn.lifecycle = Lifecycle::Withdrawn;
    let mut ahead = item("ahead", "社保预告");
    ahead.published_at = "2026-06-01T00:00:01Z".parse().unwrap();
    let index = index(&[draft, withdrawn, ahead, item("shown", "社保公开")]);
    let results = search(&index, "社保");
    assert_eq!((ids(&results), results.total), (vec!["shown"], 1));
}

#[test]
fn a_withdrawn_item_is_gone_everywhere_after_the_commit() {
    let index = titled(&["秘方登记", "公积金提取"]);
    assert_eq!(search(&index, "秘方").total, 1);
    let mut gone = item("秘方登记", "秘方登记");
    gone.lifecycle = Lifecycle::Withdrawn;
    index.apply(&[gone], &[]).unwrap();
    assert_eq!(search(&index, "秘方").total, 1, "nothing changes before the commit");
    index.commit().unwrap();
    assert_eq!(search(&index, "秘方").total, 0);
    assert!(index.suggest("秘方", Lang::Zh, 5).is_empty());
    assert_eq!(search(&index, "蜜方").did_you_mean, None);
    index.apply(&[], &["公积金提取".into()]).unwrap();
    index.commit().unwrap();
    assert!(index.is_empty());
}

#[test]
fn a_change_replaces_what_was_there() {
    let index = titled(&["旧标题"]);
    index.apply(&[item("旧标题", "新名称"), item("旧标题", "最新名称")], &[]).unwrap();
    index.commit().unwrap();
    assert_eq!(index.len(), 1);
    assert_eq!(search(&index, "旧标题").total, 0);
    assert_eq!(search(&index, "最新名称").total, 1);
}

#[test]
fn an_index_on_disk_comes_back_with_suggestions_and_without_uncommitted_items() {
    let dir = tempfile::tempdir().unwrap();
    let index = SearchIndex::open(dir.path()).unwrap();
    index.apply(&[item("kept", "公积金提取")], &[]).unwrap();
    index.commit().unwrap();
    index.apply(&[item("lost", "社保卡申领")], &[]).unwrap();
    assert!(SearchIndex::open(dir.path()).is_err(), "a second writer is refused");
    index.close().unwrap();
    let index = SearchIndex::open(dir.path()).unwrap();
    assert_eq!(ids(&search(&index, "提取")), ["kept"]);
    assert_eq!(search(&index, "社保卡").total, 0);
    assert_eq!(index.suggest("gjj", Lang::Zh, 5).len(), 1);
    index.clear().unwrap();
    index.commit().unwrap();
    assert!(index.is_empty());
    assert!(index.suggest("gjj", Lang::Zh, 5).is_empty());
}

#[test]
fn many_small_commits_do_not_pile_up_segments() {
    let index = SearchIndex::in_memory().unwrap();
    for round in 0..40 {
        index.apply(&[item(&format!("{}", round % 5), &format!("事项{round}"))], &[]).unwrap();
        index.commit().unwrap();
    }
    assert_eq!(index.len(), 5);
    assert!(index.searcher().segment_readers().len() <= 16);
}
