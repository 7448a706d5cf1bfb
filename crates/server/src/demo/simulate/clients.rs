//! Browsers, apps, terminals and crawlers: the headers that come with their requests.

use std::net::{IpAddr, Ipv4Addr};

use vocab::Channel;

/// A kind of sender. Its events travel together, because a request has one set of headers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Client {
    pub(super) agent: &'static str,
    pub(super) language: &'static str,
    pub(super) channel: Channel,
    pub(super) lib: &'static str,
    /// Share among the senders of its channel.
    pub(super) share: u32,
    pub(super) nature: Nature,
}

/// Whether a person sits before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nature {
    Person,
    /// A person whose browser sends DNT.
    Objector,
    Bot,
}

const WEB: &str = "civicsense-web";
const APP: &str = "civicsense-app";
const ZH: &str = "zh-CN,zh;q=0.9";

const fn person(agent: &'static str, channel: Channel, lib: &'static str, share: u32) -> Client {
    Client { agent, language: ZH, channel, lib, share, nature: Nature::Person }
}

const fn objector(agent: &'static str) -> Client {
    Client {
        agent,
        language: ZH,
        channel: Channel::Web,
        lib: WEB,
        share: 1,
        nature: Nature::Objector,
    }
}

const fn bot(agent: &'static str, language: &'static str) -> Client {
    Client { agent, language, channel: Channel::Web, lib: "", share: 1, nature: Nature::Bot }
}

const CHROME: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36";
const EDGE: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36 Edg/138.0.0.0";
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const SAFARI: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1";
const ANDROID: &str = "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Mobile Safari/537.36";
const HARMONY: &str = "Mozilla/5.0 (Phone; OpenHarmony 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/132.0.0.0 Safari/537.36 ArkWeb/4.1.6.1 Mobile";
const WECHAT: &str = "Mozilla/5.0 (Linux; Android 14; V2324A) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/126.0.0.0 Mobile Safari/537.36 MicroMessenger/8.0.50 miniProgram";
const KIOSK: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36 YunchuanKiosk/3";

/// Every client. Positions are stable: they take part in what a seed gives.
pub(super) const CLIENTS: [Client; 15] = [
    person(CHROME, Channel::Web, WEB, 45),
    person(EDGE, Channel::Web, WEB, 20),
    person(FIREFOX, Channel::Web, WEB, 5),
    person(SAFARI, Channel::Web, WEB, 15),
    person(ANDROID, Channel::Web, WEB, 15),
    person(ANDROID, Channel::App, APP, 50),
    person(SAFARI, Channel::App, APP, 30),
    person(HARMONY, Channel::App, APP, 20),
    person(WECHAT, Channel::MiniProgram, "civicsense-mini", 1),
    person(KIOSK, Channel::Kiosk, "civicsense-kiosk", 1),
    objector(FIREFOX),
    objector(CHROME),
    bot("Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)", ""),
    bot("python-requests/2.32.3", ""),
    // A browser no browser would be: it says Chrome and sends no Accept-Language.
    bot(CHROME, ""),
];

/// An address to send from, in the blocks kept for documentation (RFC 5737).
pub(super) fn peer(client: usize, site: usize) -> IpAddr {
    let host = ((client * 8 + site) % 250 + 1) as u8;
    let block = if CLIENTS[client].nature == Nature::Bot { [203, 0, 113] } else { [198, 51, 100] };
    IpAddr::V4(Ipv4Addr::new(block[0], block[1], block[2], host))
}

/// Positions of the clients of a nature and, for persons, a channel.
pub(super) fn of(nature: Nature, channel: Option<Channel>) -> impl Iterator<Item = usize> {
    CLIENTS.iter().enumerate().filter_map(move |(position, client)| {
        let fits = client.nature == nature && channel.is_none_or(|it| it == client.channel);
        fits.then_some(position)
    })
}
