// The vendors' SDKs for servers and mini-programs: `node node.mjs CLIENT URL WRITE_KEY [TOKEN]`. Each sends what `TOLD` says.

const [client, url, key, token] = process.argv.slice(2);
/** Properties of the custom event of every client. */
const TOLD = { item_id: "i-1", query: "公积金", attempt: 5 };
const AN_HOUR_AGO = new Date(Date.now() - 3_600_000);
const [ANON, USER] = ["anon-1", "u-1"];
/** Segment's way to say what somebody agreed to. */
const context = { consent: { categoryPreferences: { analytics: true, personalisation: true } } };

const clients = {
  async "segment-node"() {
    const { Analytics } = await import("@segment/analytics-node");
    const analytics = new Analytics({ writeKey: key, host: url, flushAt: 3, disable: false });
    analytics.on("error", fail);
    analytics.page({ anonymousId: ANON, name: "Home", properties: { url: "https://portal.example/a?x=1", title: "首页" } });
    analytics.track({ anonymousId: ANON, event: "Products Searched", properties: TOLD, timestamp: AN_HOUR_AGO });
    analytics.screen({ anonymousId: ANON, name: "Me" });
    analytics.identify({ context, anonymousId: ANON, userId: USER, traits: { name: "Anna" } });
    analytics.group({ userId: USER, groupId: "g-1" });
    analytics.alias({ context, previousId: ANON, userId: USER });
    await analytics.closeAndFlush();
  },

  async "rudder-node"() {
    const { default: Analytics } = await import("@rudderstack/rudder-sdk-node");
    const analytics = new Analytics(key, { dataPlaneUrl: url, gzip: true });
    analytics.page({ anonymousId: ANON, name: "Home", properties: { url: "https://portal.example/a?x=1", title: "首页" } });
    analytics.track({ anonymousId: ANON, event: "Products Searched", properties: TOLD, originalTimestamp: AN_HOUR_AGO });
    analytics.screen({ anonymousId: ANON, name: "Me" });
    analytics.identify({ anonymousId: ANON, userId: USER, traits: { name: "Anna" } });
    analytics.group({ userId: USER, groupId: "g-1" });
    analytics.alias({ previousId: ANON, userId: USER });
    await new Promise((resolve, reject) => analytics.flush((error) => (error ? reject(error) : resolve())));
  },

  async jitsu() {
    const { jitsuAnalytics } = await import("@jitsu/js");
    const analytics = jitsuAnalytics({ host: url, writeKey: `${key}:unused`, fetchTimeoutMs: 5_000 });
    analytics.setAnonymousId(ANON);
    await analytics.page({ name: "Home", url: "https://portal.example/a?x=1", title: "首页" });
    await analytics.track("Products Searched", TOLD);
    await analytics.identify(USER, { name: "Anna" });
  },

  async "sensors-node"() {
    const { default: module } = await import("sa-sdk-node");
    const sensors = new (module.default ?? module)();
    const sent = sensors.submitTo({ url: `${url}/sa?project=default&token=${key}`, gzip: true, mode: "track" }, { count: 1 });
    const answered = new Promise((resolve, reject) => {
      let open = 4;
      sent.subscribe(() => --open || resolve(), reject);
    });
    sensors.track(ANON, "$pageview", { $url: "https://portal.example/a?x=1", $title: "首页" });
    sensors.track(ANON, "SiteSearch", { ...TOLD, $time: AN_HOUR_AGO });
    sensors.trackSignup(USER, ANON, { consent_personalisation: true });
    sensors.profileSet(USER, { City: "Guangzhou" });
    await answered;
  },

  async "sensors-miniprogram"() {
    await mockWeChat();
    const { default: sensors } = await import("sa-sdk-miniprogram/dist/wechat/sensorsdata.cjs.js");
    sensors.setPara({
      name: "sensors", server_url: `${url}/sa?project=default&token=${key}`, show_log: false,
      autoTrack: { appLaunch: true, appShow: true, appHide: false, pageShow: true, pageShare: false, mpClick: false },
      batch_send: false,
    });
    sensors.identify?.(ANON, true);
    sensors.init();
    // The SDK has put itself in place of these, as in a real mini-program.
    App({ onLaunch() {}, onShow() {}, onHide() {} });
    Page({ route: "pages/index", data: {}, onLoad() {}, onShow() {} });
    globalThis.app.onLaunch({ path: "pages/index", query: {}, scene: 1001 });
    globalThis.app.onShow({ path: "pages/index", query: {}, scene: 1001 });
    globalThis.page.onLoad({});
    globalThis.page.onShow();
    sensors.track("SiteSearch", TOLD);
    sensors.login(USER);
    await settled();
  },

  async matomo() {
    const { default: Matomo } = await import("matomo-tracker");
    const matomo = new Matomo(1, `${url}/matomo.php`);
    matomo.on("error", fail);
    const _id = "0123456789abcdef";
    let rand = 0;
    const call = (options) => ({ _id, ua: "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0", rand: String(++rand), ...options });
    const page = { url: "https://portal.example/a?x=1", action_name: "首页", urlref: "https://b.example/x" };
    await new Promise((resolve) => {
      matomo.track(call({ ...page, send_image: "0" }));
      // It tells of failures alone.
      setTimeout(resolve, 1_500);
    });
    const answer = await new Promise((resolve) => matomo.trackBulk([
      call({ url: page.url, search: "公积金", search_cat: "housing", search_count: "0" }),
      call({ url: page.url, c_n: "banner-1", c_p: "/b.png", c_t: "https://portal.example/b" }),
      call({ url: page.url, c_n: "banner-1", c_p: "/b.png", c_i: "click" }),
      call({ url: page.url, e_c: "Service", e_a: "Service Started", e_n: "passport", e_v: "2.5" }),
      call({ url: page.url, ping: "1" }),
      call({ url: page.url, download: "https://portal.example/f.pdf" }),
      call({ url: page.url, uid: USER, consent_personalisation: "1", cdt: String(Math.floor(AN_HOUR_AGO / 1_000)) }),
    ], resolve));
    if (!JSON.stringify(answer).includes("tracked")) fail(new Error(`answered ${JSON.stringify(answer)}`));
    // Two days back, and from another's address: only who has the token may say so.
    await new Promise((resolve) => {
      matomo.track(call({ url: "https://portal.example/old", token_auth: token, cip: "203.0.113.77", cdt: String(Math.floor(AN_HOUR_AGO / 1_000) - 171_000) }));
      setTimeout(resolve, 1_000);
    });
  },
};

function fail(error) {
  console.error(error);
  process.exit(1);
}

let under_way = 0;
/** Waits until every mocked request was answered. */
async function settled() {
  for (let quiet = 0; quiet < 6; quiet = under_way ? 0 : quiet + 1) await new Promise((resolve) => setTimeout(resolve, 100));
}

/** What the WeChat runtime gives a mini-program, as far as the SDK asks for it. */
async function mockWeChat() {
  const storage = new Map();
  const info = { brand: "HUAWEI", model: "Mate 60", system: "HarmonyOS 4.0", platform: "android", SDKVersion: "3.5.0", screenWidth: 390, screenHeight: 844, windowWidth: 390, windowHeight: 800, pixelRatio: 3, language: "zh_CN", version: "8.0.49" };
  const done = (options, value) => setTimeout(() => (options?.success?.(value), options?.complete?.(value)), 0);
  globalThis.App = (app) => (globalThis.app = app);
  globalThis.Page = (page) => (globalThis.page = page);
  globalThis.Component = () => {};
  globalThis.getApp = () => globalThis.app;
  globalThis.getCurrentPages = () => [globalThis.page ?? { route: "pages/index", options: {} }];
  globalThis.wx = {
    request(options) {
      under_way += 1;
      const init = { method: options.method ?? "GET", headers: options.header };
      if (init.method !== "GET") init.body = typeof options.data === "string" ? options.data : JSON.stringify(options.data);
      fetch(options.url, init).then((answer) => {
        if (!answer.ok) fail(new Error(`answered ${answer.status}`));
        under_way -= 1;
        done(options, { statusCode: answer.status, data: "" });
      }, fail);
    },
    getStorageSync: (name) => storage.get(name) ?? "",
    setStorageSync: (name, value) => storage.set(name, value),
    removeStorageSync: (name) => storage.delete(name),
    getStorage: (options) => done(options, { data: storage.get(options.key) }),
    setStorage: (options) => (storage.set(options.key, options.data), done(options)),
    removeStorage: (options) => (storage.delete(options.key), done(options)),
    getSystemInfoSync: () => info,
    getSystemInfo: (options) => done(options, info),
    getDeviceInfo: () => info, getWindowInfo: () => info, getAppBaseInfo: () => info, getSystemSetting: () => ({}),
    getNetworkType: (options) => done(options, { networkType: "wifi" }),
    onNetworkStatusChange() {}, offNetworkStatusChange() {}, onAppShow() {}, onAppHide() {},
    getAccountInfoSync: () => ({ miniProgram: { appId: "wx0000000000000000", version: "1.0.0" } }),
    getLaunchOptionsSync: () => ({ path: "pages/index", query: {}, scene: 1001 }),
    getEnterOptionsSync: () => ({ path: "pages/index", query: {}, scene: 1001 }),
    canIUse: () => true,
  };
}

process.on("unhandledRejection", fail);
await clients[client]();
process.exit(0);
