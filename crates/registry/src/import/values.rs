//! Values as people write them: yes in two languages, days with their unit, dates in every order.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use serde_json::Value;
use vocab::{Audience, ItemKind, Lifecycle};

/// Text, or what is wrong; numbers are text only where an id is meant.
pub(super) fn text(value: &Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text.trim().to_owned()),
        Value::Null => Ok(String::new()),
        other => Err(format!("expected text, got {}", kind_of(other))),
    }
}

/// Text or a number, as text.
pub(super) fn name(value: &Value) -> Result<String, String> {
    match value {
        Value::Number(number) => Ok(number.to_string()),
        other => text(other),
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// A list, or text split at `separators`.
pub(super) fn list(value: &Value, separators: &[char]) -> Result<Vec<String>, String> {
    let parts: Vec<String> = match value {
        Value::Array(values) => values.iter().map(name).collect::<Result<_, _>>()?,
        other => text(other)?.split(separators).map(|part| part.trim().to_owned()).collect(),
    };
    Ok(parts.into_iter().filter(|part| !part.is_empty()).collect())
}

/// Yes or no.
pub(super) fn truth(value: &Value) -> Result<bool, String> {
    match value {
        Value::Bool(truth) => return Ok(*truth),
        Value::Number(number) if number.as_u64() == Some(0) => return Ok(false),
        Value::Number(number) if number.as_u64() == Some(1) => return Ok(true),
        _ => {}
    }
    match text(value)?.to_lowercase().as_str() {
        "" | "0" | "false" | "no" | "n" | "否" | "无" | "不支持" => Ok(false),
        "1" | "true" | "yes" | "y" | "是" | "有" | "支持" => Ok(true),
        other => Err(format!("'{other}' is neither yes nor no")),
    }
}

/// A whole number from 0 to `most`.
pub(super) fn number(value: &Value, most: u64) -> Result<u64, String> {
    let found = match value {
        Value::Number(number) => number.as_u64(),
        other => match text(other)?.as_str() {
            "" => Some(0),
            text => text.parse().ok(),
        },
    };
    found
        .filter(|&number| number <= most)
        .ok_or_else(|| format!("expected a number from 0 to {most}"))
}

/// Working days: `30(工作日)`; natural days are counted as five sevenths; `无` is unknown.
pub(super) fn days(value: &Value) -> Result<u16, String> {
    let text = name(value)?;
    if text.is_empty() || text == "无" || text == "即办" {
        return Ok(0);
    }
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    let days: u64 = digits.parse().map_err(|_| format!("'{text}' is not a number of days"))?;
    let days = if text.contains("自然日") { days * 5 / 7 } else { days };
    u16::try_from(days).map_err(|_| format!("{days} days are too many"))
}

/// An instant from a date or time in any of the usual spellings; without zone in `zone`.
pub(super) fn instant(value: &Value, zone: &TimeZone) -> Result<Option<Timestamp>, String> {
    let text = name(value)?;
    if text.is_empty() {
        return Ok(None);
    }
    if let Some(moment) = parse(&text, zone) {
        return Ok(Some(moment));
    }
    Err(format!("'{}' is not a date", text.chars().take(40).collect::<String>()))
}

fn parse(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(moment);
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        let number: i64 = text.parse().ok()?;
        return match text.len() {
            4 => at_midnight(Date::new(number as i16, 1, 1).ok()?, zone),
            8 => at_midnight(Date::strptime("%Y%m%d", text).ok()?, zone),
            9 | 10 => Timestamp::from_second(number).ok(),
            12 | 13 => Timestamp::from_millisecond(number).ok(),
            _ => None,
        };
    }
    if let Ok(moment) = jiff::fmt::rfc2822::parse(text) {
        return Some(moment.timestamp());
    }
    let plain = text.replace(['年', '月', '/', '.'], "-").replace(['日', 'T'], " ");
    let plain = plain.trim().trim_end_matches('-');
    for pattern in ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"] {
        if let Ok(time) = DateTime::strptime(pattern, plain) {
            return time.to_zoned(zone.clone()).ok().map(|zoned| zoned.timestamp());
        }
    }
    if let Ok(date) = Date::strptime("%Y-%m-%d", plain) {
        return at_midnight(date, zone);
    }
    let (year, month) = plain.split_once('-')?;
    at_midnight(Date::new(year.parse().ok()?, month.parse().ok()?, 1).ok()?, zone)
}

fn at_midnight(date: Date, zone: &TimeZone) -> Option<Timestamp> {
    date.to_zoned(zone.clone()).ok().map(|zoned| zoned.timestamp())
}

/// Whom a list of kinds of persons stands for; `None` where a word is not known.
pub(super) fn audience(words: &[String]) -> Option<Audience> {
    let (mut natural, mut legal) = (false, false);
    for word in words {
        match word.to_lowercase().as_str() {
            "natural" | "person" | "personal" | "自然人" | "个人" | "个人办事" | "公民" =>
            {
                natural = true;
            }
            "all" | "全部" | "所有人" | "不限" => (natural, legal) = (true, true),
            "legal" | "business" | "corporate" => legal = true,
            other
                if ["法人", "企业", "组织", "机关", "个体工商户", "单位"]
                    .iter()
                    .any(|end| other.contains(end)) =>
            {
                legal = true;
            }
            _ => return None,
        }
    }
    Some(match (natural, legal) {
        (true, false) => Audience::Natural,
        (false, true) => Audience::Legal,
        _ => Audience::All,
    })
}

/// The family a word stands for: our names, their Chinese, and the national types of matters.
pub(super) fn kind(word: &str) -> Option<ItemKind> {
    if let Some(kind) = ItemKind::parse(&word.to_lowercase()) {
        return Some(kind);
    }
    Some(match word {
        "服务" | "办事" | "事项" | "办事指南" | "公共服务" | "其他行政权力" | "其他类" => {
            ItemKind::Service
        }
        "政策" | "政策文件" | "法律" | "法规" | "规章" | "规范性文件" => {
            ItemKind::Policy
        }
        "解读" | "政策解读" => ItemKind::Interpretation,
        "问答" | "常见问题" | "咨询" => ItemKind::Qa,
        "新闻" | "要闻" | "动态" | "资讯" => ItemKind::News,
        "公告" | "公示" | "通知" | "公告公示" | "通知公告" => ItemKind::Notice,
        // 行政许可, 行政给付, 行政确认, 行政奖励, 行政裁决, 行政征收, …
        other if other.starts_with("行政") => ItemKind::Service,
        _ => return None,
    })
}

/// Whether a document is in force.
pub(super) fn lifecycle(word: &str) -> Option<Lifecycle> {
    Some(match word.to_lowercase().as_str() {
        "" | "current" | "有效" | "现行有效" | "施行" => Lifecycle::Current,
        "amended" | "已修改" | "已修订" | "部分失效" => Lifecycle::Amended,
        "repealed" | "废止" | "已废止" | "失效" | "已失效" => Lifecycle::Repealed,
        "archived" | "归档" | "存档" => Lifecycle::Archived,
        "withdrawn" | "下架" | "撤回" => Lifecycle::Withdrawn,
        _ => return None,
    })
}

/// GB/T 2260 codes of the provinces; any other division stays as it is written.
pub(super) fn region(text: &str) -> String {
    const PROVINCES: [(&str, &str); 34] = [
        ("北京市", "110000"),
        ("天津市", "120000"),
        ("河北省", "130000"),
        ("山西省", "140000"),
        ("内蒙古自治区", "150000"),
        ("辽宁省", "210000"),
        ("吉林省", "220000"),
        ("黑龙江省", "230000"),
        ("上海市", "310000"),
        ("江苏省", "320000"),
        ("浙江省", "330000"),
        ("安徽省", "340000"),
        ("福建省", "350000"),
        ("江西省", "360000"),
        ("山东省", "370000"),
        ("河南省", "410000"),
        ("湖北省", "420000"),
        ("湖南省", "430000"),
        ("广东省", "440000"),
        ("广西壮族自治区", "450000"),
        ("海南省", "460000"),
        ("重庆市", "500000"),
        ("四川省", "510000"),
        ("贵州省", "520000"),
        ("云南省", "530000"),
        ("西藏自治区", "540000"),
        ("陕西省", "610000"),
        ("甘肃省", "620000"),
        ("青海省", "630000"),
        ("宁夏回族自治区", "640000"),
        ("新疆维吾尔自治区", "650000"),
        ("台湾省", "710000"),
        ("香港特别行政区", "810000"),
        ("澳门特别行政区", "820000"),
    ];
    let known = PROVINCES.iter().find(|(name, _)| *name == text);
    known.map_or_else(|| text.to_owned(), |(_, code)| (*code).to_owned())
}
