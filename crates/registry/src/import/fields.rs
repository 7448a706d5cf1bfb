//! The table of field names: what portals, exchanges and the national catalogue call the fields of an item.

/// A field of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// The source's own id.
    Id,
    /// Family or type of matter.
    Kind,
    /// Title.
    Title,
    /// English title.
    TitleEn,
    /// Summary.
    Summary,
    /// English summary.
    SummaryEn,
    /// Text.
    Body,
    /// Address.
    Url,
    /// Column.
    Column,
    /// Department.
    Dept,
    /// Administrative division.
    Region,
    /// Whom it is for.
    Audience,
    /// Needs.
    Needs,
    /// National themes.
    Themes,
    /// Document topic.
    Topic,
    /// Document number.
    DocNumber,
    /// Plain-language names.
    Aliases,
    /// Items it explains or belongs to.
    RelatesTo,
    /// Date of publication.
    PublishedAt,
    /// End.
    ExpiresAt,
    /// 0 to 3.
    Importance,
    /// Must be shown.
    Mandated,
    /// Emergency.
    Emergency,
    /// Validity.
    Lifecycle,
    /// Implementation code.
    TaskCode,
    /// Statutory days.
    LegalDays,
    /// Promised days.
    PromisedDays,
    /// Visits.
    Visits,
    /// Online.
    Online,
    /// Terminal.
    Terminal,
    /// Fee.
    Fee,
    /// Documents to bring.
    Materials,
    /// Conditions.
    Conditions,
    /// Where to do it online.
    OnlineUrl,
    /// A group of fields of a service matter.
    Service,
    /// Known and not taken over: the registry has its own.
    Own,
}

use Field as F;

/// Each field with its names; the first is ours. Names are compared without case, spaces, `_` and `-`.
const TABLE: [(Field, &[&str]); 36] = [
    (F::Id, &["id", "guid", "identifier", "编号", "标识", "唯一标识"]),
    (F::Kind, &["kind", "type", "item_type", "类型", "事项类型", "信息类型", "task_type"]),
    (
        F::Title,
        &[
            "title",
            "name",
            "task_name",
            "article_title",
            "headline",
            "标题",
            "名称",
            "事项名称",
            "文件名称",
        ],
    ),
    (F::TitleEn, &["title_en", "name_en", "english_title", "英文标题", "英文名称"]),
    (F::Summary, &["summary", "description", "abstract", "digest", "摘要", "简介", "概述"]),
    (F::SummaryEn, &["summary_en", "description_en", "英文摘要"]),
    (F::Body, &["body", "text", "content", "article_content", "正文", "内容", "全文"]),
    (F::Url, &["url", "link", "href", "loc", "链接", "网址", "地址", "来源链接"]),
    (F::Column, &["column", "channel", "column_name", "栏目", "栏目名称"]),
    (
        F::Dept,
        &[
            "dept",
            "department",
            "dept_name",
            "organ",
            "publisher",
            "author",
            "content_source",
            "部门",
            "实施主体",
            "发布机构",
            "发文机关",
            "来源",
        ],
    ),
    (F::Region, &["region", "area", "area_code", "行政区划", "区域", "地区", "所属区划"]),
    (F::Audience, &["audience", "objects", "server_type", "服务对象", "面向对象", "受众"]),
    (F::Needs, &["needs", "need", "需求"]),
    (
        F::Themes,
        &["themes", "theme", "user_topic_type", "corp_topic_type", "主题", "服务主题", "主题类型"],
    ),
    (F::Topic, &["topic", "category", "主题分类", "公文主题", "分类"]),
    (F::DocNumber, &["doc_number", "document_number", "file_number", "发文字号", "文号"]),
    (F::Aliases, &["aliases", "alias", "日常用语", "别名", "俗称"]),
    (F::RelatesTo, &["relates_to", "related", "相关", "关联事项"]),
    (
        F::PublishedAt,
        &[
            "published_at",
            "date",
            "pub_date",
            "published",
            "publish_time",
            "publish_date",
            "lastmod",
            "发布日期",
            "发布时间",
            "公布日期",
            "成文日期",
            "日期",
        ],
    ),
    (
        F::ExpiresAt,
        &["expires_at", "expires", "plan_cancel_date", "失效日期", "截止日期", "有效期至"],
    ),
    (F::Importance, &["importance", "重要程度"]),
    (F::Mandated, &["mandated", "必转"]),
    (F::Emergency, &["emergency", "应急"]),
    (F::Lifecycle, &["lifecycle", "validity", "时效性", "有效性", "效力状态"]),
    (F::TaskCode, &["task_code", "item_code", "实施编码", "事项编码"]),
    (F::LegalDays, &["legal_days", "limit", "law_limit", "法定办结时限", "法定时限", "办理时限"]),
    (F::PromisedDays, &["promised_days", "promise_limit", "承诺办结时限", "承诺时限"]),
    (F::Visits, &["visits", "limit_scene_num", "到办事现场次数", "跑动次数"]),
    (F::Online, &["online", "is_online", "是否网办", "网上办理"]),
    (F::Terminal, &["terminal", "is_service_terminals", "是否支持终端办理"]),
    (F::Fee, &["fee", "is_fee", "是否收费"]),
    (F::Materials, &["materials", "申请材料", "办理材料", "材料"]),
    (F::Conditions, &["conditions", "accept_condition", "受理条件", "办理条件"]),
    (F::OnlineUrl, &["online_url", "handle_url", "办理地址", "办理链接"]),
    (F::Service, &["service"]),
    (F::Own, &["site", "review", "审核状态"]),
];

fn plain(name: &str) -> String {
    name.chars()
        .filter(|letter| !letter.is_whitespace() && !matches!(letter, '_' | '-'))
        .flat_map(char::to_lowercase)
        .collect()
}

impl Field {
    /// The field a name stands for, and how preferred the name is among the field's names (0 most).
    pub fn of(name: &str) -> Option<(Self, usize)> {
        let wanted = plain(name);
        TABLE.iter().find_map(|(field, names)| {
            let rank = names.iter().position(|known| plain(known) == wanted)?;
            Some((*field, rank))
        })
    }

    /// The names of this field, for a message; the first is ours.
    pub fn names(self) -> String {
        TABLE
            .iter()
            .find(|(field, _)| *field == self)
            .map_or_else(String::new, |row| row.1.join(", "))
    }

    /// Every known name, for a message.
    pub fn known() -> String {
        let all: Vec<&str> = TABLE.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        all.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_for_one_field_however_it_is_written() {
        let mut names: Vec<String> =
            TABLE.iter().flat_map(|(_, names)| names.iter().map(|name| plain(name))).collect();
        let all = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), all);
        for name in ["PubDate", "pub_date", "发布日期 ", "Publish-Date"] {
            assert_eq!(Field::of(name).unwrap().0, Field::PublishedAt, "{name}");
        }
        assert_eq!(Field::of("price"), None);
        assert!(Field::known().contains("事项名称"));
    }
}
