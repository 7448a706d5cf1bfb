// The console's words in both languages.

import type { Lang } from "/sdk/civicsense.js";

const zh = {
  title: "知需 · 运营台", live: "实时", trends: "趋势", content: "热门内容", recommendations: "推荐效果", search: "搜索", status: "系统状态", overview: "总览",
  period: { "24h": "近 24 小时", "7d": "近 7 天", "30d": "近 30 天" } as Record<string, string>,
  periodLabel: "时间范围", site: "站点", allSites: "全部站点", bots: "包含爬虫", refresh: "刷新", portal: "返回门户", other: "EN",
  metric: { page_views: "浏览量", visitors: "访客", sessions: "访问次数", searches: "搜索次数", events: "事件" } as Record<string, string>,
  breakdown: { "": "不细分", channel: "按渠道", kind: "按内容类型", column: "按栏目", dept: "按部门", device: "按设备", event: "按事件" } as Record<string, string>,
  by: { item: "按内容", page: "按页面", kind: "按类型", column: "按栏目", dept: "按部门", topic: "按主题" } as Record<string, string>,
  order: { views: "浏览量", visitors: "访客", engaged: "阅读时长" } as Record<string, string>,
  column: { time: "时间", value: "数值", series: "系列", key: "名称", title: "标题", kind: "类型", views: "浏览", visitors: "访客", engaged_seconds: "阅读总秒", seconds_per_view: "每次秒数", impressions: "曝光", clicks: "点击", ctr: "点击率", query: "搜索词", queries: "不同词", searches: "次数", zero_results: "无结果", zero_result_rate: "无结果率", mean_results: "平均结果数", ctr_at_k: "前十点击率", page_views: "浏览量", sessions: "访问", events: "事件" } as Record<string, string>,
  kind: { service: "办事服务", policy: "政策文件", interpretation: "政策解读", qa: "问答", news: "要闻", notice: "公告" } as Record<string, string>,
  reason: { emergency: "应急", mandated: "必发", curated: "编辑推荐", subscribed: "订阅", need: "需求", session: "本次浏览", similar: "相似内容", content: "内容相近", factors: "相似用户", search: "搜索", trending: "上升", popular: "热门", fresh: "最新" } as Record<string, string>,
  event: { page_view: "浏览", click: "点击", search: "搜索", search_click: "打开结果", impression: "曝光", viewable_impression: "看到", engagement: "阅读", service_start: "开始办理", service_submit: "提交", service_finish: "办结", feedback: "反馈", identify: "识别", download: "下载", push: "推送" } as Record<string, string>,
  chart: "图", table: "表", sql: "查看 SQL", took: "用时", noData: "此时段没有数据", failed: "查询失败", retry: "重试", loading: "查询中…",
  minute: "每分钟事件", waiting: "等待事件…", connected: "已连接", lost: "连接中断，正在重连", bot: "爬虫",
  editors: "编辑", editing: {
    find: "查找内容", findHint: "标题或关键词", nothing: "没有找到。", serves: "服务于：", surface: "位置", state: "状态", why: "原因", behind: "落后名次", kind: "决定", factor: "倍数", reason: "理由", by: "经办人", until: "截止", decide: "生效", decisions: "编辑决定", noDecisions: "目前没有。", takeBack: "撤回", all: "全部种类", ended: "包括已结束的", over: "已结束", more: "更多", everywhere: "所有位置",
    preview: "以他人身份预览", need: "需求", anyNeed: "未知需求", audience: "对象", region: "行政区划代码", look: "预览",
    sources: { emergency: "应急", mandated: "必发", editorial: "编辑推荐", subscriptions: "订阅", needs: "需求", session: "本次浏览", next: "接着浏览", similar: "相似内容", content: "内容相近", category: "同栏目", factors: "相似用户", cold_start: "无人浏览的新内容", search_intent: "搜索意图", popular: "热门", trending: "上升", fresh: "最新" } as Record<string, string>,
    kinds: { pin: "置顶", boost: "加权", block: "不推荐", never_from: "此页不放链接", never_to: "不链接到此页" } as Record<string, string>,
    audiences: { "": "所有人", natural: "个人", legal: "企业" } as Record<string, string>,
    states: { shown: "已展示", not_chosen: "未入选", removed: "被过滤", not_proposed: "无来源推荐", not_served: "未上线" } as Record<string, string>,
  },
  experiments: "实验", experimenting: {
    about: "同一位置上几种做法同时运行，访客按份额随机分到其一。数字为全部站点，不含爬虫，时间范围同上。", where: "位置", layer: "层", traffic: "参与份额", arm: "做法", asked: "应得份额", came: "实得份额", units: "人（次）", shown: "曝光", clicks: "点击", ctr: "点击率", range: "95% 区间", against: "对比", first: "对照",
    states: { running: "正常运行", early: "人数尚少", waiting: "尚无人看到", stopped: "已停止", broken: "份额异常" } as Record<string, string>,
    fair: "份额符合设定。", fairAbout: "若分配无误，出现这样偏差的概率为", broken: "份额与设定不符：若分配无误，出现这样偏差的概率只有", brokenAbout: "原因查明之前，本实验的任何结果都不可信。", waiting: "还没有访客看到这个实验的列表。", unsure: "只有", unsureAbout: "人（次），份额检验还说明不了什么。",
    more: "点击明显更多", less: "点击明显更少", same: "看不出差别", few: "点击太少，尚难判断", untold: "份额异常，不作比较", points: "个百分点",
    unitsAbout: "已同意画像的按人计，其余按访问次数计。区间按人（次）而非按曝光计算，同一人的多次曝光不算独立；点击不足 10 次或不足 30 人（次）时不给区间。",
    holdout: "保留组", holdoutAbout: "不参加任何实验，所有位置始终使用同一做法：",
    none: "目前没有实验", noneAbout: "在配置的 [recommend] experiments 里写上实验文件的路径即可开始；文件修改后自动重新读取，无需重启。写好后先校验：",
  },
  position: "按位置", policy: "按策略", reasons: "按理由", days: "按天", topTerms: "热门搜索", zeroTerms: "无结果搜索", zeroHelp: "这些词没有找到内容：可补充同义词，或请责任部门补充内容。",
  pause: "暂停", resume: "继续", stop: "。", yes: "是", no: "否", none: "无", skip: "跳到正文", menu: "栏目", token: "管理令牌", tokenAbout: "服务器设置了 http.admin_token，请输入以查看。令牌只保留在本页。", enter: "进入", denied: "令牌不对。", definition: { ctr: "点击率 = 有点击的曝光 ÷ 曝光（以推荐请求编号关联）", zero: "无结果率 = 无结果搜索 ÷ 全部搜索" },
};

export type Words = typeof zh;

const en: Words = {
  title: "Civicsense · Console", live: "Live", trends: "Trends", content: "Top content", recommendations: "Recommendations", search: "Search", status: "Status", overview: "Overview",
  period: { "24h": "Last 24 hours", "7d": "Last 7 days", "30d": "Last 30 days" },
  periodLabel: "Period", site: "Site", allSites: "All sites", bots: "Include bots", refresh: "Refresh", portal: "To the portal", other: "中文",
  metric: { page_views: "Page views", visitors: "Visitors", sessions: "Visits", searches: "Searches", events: "Events" },
  breakdown: { "": "No breakdown", channel: "By channel", kind: "By kind", column: "By column", dept: "By department", device: "By device", event: "By event" },
  by: { item: "By item", page: "By page", kind: "By kind", column: "By column", dept: "By department", topic: "By topic" },
  order: { views: "Views", visitors: "Visitors", engaged: "Reading time" },
  column: { time: "Time", value: "Value", series: "Series", key: "Name", title: "Title", kind: "Kind", views: "Views", visitors: "Visitors", engaged_seconds: "Seconds read", seconds_per_view: "Seconds a view", impressions: "Impressions", clicks: "Clicks", ctr: "CTR", query: "Query", queries: "Queries", searches: "Searches", zero_results: "No result", zero_result_rate: "No-result rate", mean_results: "Mean results", ctr_at_k: "CTR@10", page_views: "Page views", sessions: "Visits", events: "Events" },
  kind: { service: "Service", policy: "Policy", interpretation: "Explainer", qa: "Q&A", news: "News", notice: "Notice" },
  reason: { emergency: "Emergency", mandated: "Mandated", curated: "Curated", subscribed: "Subscribed", need: "Need", session: "This visit", similar: "Similar items", content: "Similar content", factors: "Similar people", search: "Search", trending: "Trending", popular: "Popular", fresh: "New" },
  event: { page_view: "view", click: "click", search: "search", search_click: "result opened", impression: "impression", viewable_impression: "seen", engagement: "reading", service_start: "service started", service_submit: "submitted", service_finish: "finished", feedback: "feedback", identify: "identified", download: "download", push: "push" },
  chart: "Chart", table: "Table", sql: "Show SQL", took: "took", noData: "No data in this period", failed: "The query failed", retry: "Try again", loading: "Loading…",
  minute: "Events a minute", waiting: "Waiting for events…", connected: "Connected", lost: "Connection lost, trying again", bot: "bot",
  editors: "Editors", editing: {
    find: "Find an item", findHint: "Title or words", nothing: "Nothing found.", serves: "Serves:", surface: "Surface", state: "State", why: "Why", behind: "behind by", kind: "Decision", factor: "Factor", reason: "Reason", by: "Decided by", until: "Until", decide: "Decide", decisions: "Decisions", noDecisions: "None at present.", takeBack: "Take back", all: "Every kind", ended: "Ended ones too", over: "ended", more: "More", everywhere: "everywhere",
    preview: "See it as somebody else", need: "Need", anyNeed: "No known need", audience: "Audience", region: "Division code", look: "Preview",
    sources: { emergency: "emergency", mandated: "mandated", editorial: "editors", subscriptions: "subscriptions", needs: "needs", session: "this visit", next: "what people go on to", similar: "similar items", content: "similar content", category: "same column", factors: "similar people", cold_start: "new to everybody", search_intent: "searches", popular: "popular", trending: "trending", fresh: "new" },
    kinds: { pin: "Pin", boost: "Boost", block: "Do not recommend", never_from: "No links from its page", never_to: "No links to it" },
    audiences: { "": "Everybody", natural: "People", legal: "Businesses" },
    states: { shown: "shown", not_chosen: "not chosen", removed: "filtered", not_proposed: "not proposed", not_served: "not served" },
  },
  experiments: "Experiments", experimenting: {
    about: "Several ways of making a list run side by side; chance decides who gets which, by the shares asked for. Numbers are of all sites, robots left out, over the period above.", where: "Surface", layer: "layer", traffic: "taking part", arm: "Arm", asked: "Share asked", came: "Share seen", units: "People, visits", shown: "Shown", clicks: "Clicked", ctr: "Click rate", range: "95 % interval", against: "Compared", first: "the control",
    states: { running: "Running, shares fair", early: "Too early to tell", waiting: "Nobody yet", stopped: "Stopped", broken: "Shares are off" },
    fair: "The shares came out as they should.", fairAbout: "Probability of counts as uneven as these by chance alone:", broken: "The shares did not come out as they should: chance alone makes counts as uneven as these with a probability of", brokenAbout: "Believe no result of this experiment until the cause is found.", waiting: "Nobody has seen a list of this experiment yet.", unsure: "Only", unsureAbout: "people or visits so far: too few for the shares to say anything.",
    more: "clearly more clicks", less: "clearly fewer clicks", same: "no clear difference", few: "too few clicks to tell", untold: "not compared: the shares are off", points: "points",
    unitsAbout: "Who agreed to a profile counts as one person, everybody else by the visit. Intervals are over people, not over impressions: what one person sees many times is not independent. There is none below 10 clicks or 30 people.",
    holdout: "Hold-out", holdoutAbout: "Kept out of all experiments, with the same pipeline on every surface:",
    none: "No experiment is running", noneAbout: "Name a file of experiments in [recommend] experiments of the configuration. It is read again whenever it changes, without a restart. Check it first:",
  },
  position: "By position", policy: "By pipeline", reasons: "By reason", days: "By day", topTerms: "Top searches", zeroTerms: "Searches without results", zeroHelp: "Nothing was found for these: add a synonym, or ask the department for content.",
  pause: "Pause", resume: "Resume", stop: ".", yes: "yes", no: "no", none: "none", skip: "Skip to content", menu: "Sections", token: "Staff token", tokenAbout: "The server asks for http.admin_token. It is kept on this page only.", enter: "Enter", denied: "That token is wrong.", definition: { ctr: "CTR = impressions clicked ÷ impressions, joined by the answer's request id", zero: "No-result rate = searches without result ÷ all searches" },
};

/** The words of a language. */
export function words(lang: Lang): Words {
  return lang === "zh" ? zh : en;
}
