"""The vendors' SDKs for Python: `python clients.py CLIENT URL WRITE_KEY`."""

import datetime
import sys

client, url, key = sys.argv[1:4]
TOLD = {"item_id": "i-1", "query": "公积金", "attempt": 5}
AN_HOUR_AGO = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=1)
ANON, USER = "anon-1", "u-1"
PAGE = {"url": "https://portal.example/a?x=1", "title": "首页"}


def fail(error, *_):
    print(error, file=sys.stderr)
    sys.exit(1)


def segment():
    import segment.analytics as analytics

    analytics.write_key, analytics.host, analytics.on_error = key, url, fail
    send(analytics, AN_HOUR_AGO)


def rudder():
    import rudderstack.analytics as analytics

    analytics.write_key, analytics.dataPlaneUrl, analytics.on_error = key, url, fail
    send(analytics, AN_HOUR_AGO)


def send(analytics, then):
    analytics.page(anonymous_id=ANON, name="Home", properties=PAGE)
    analytics.track(anonymous_id=ANON, event="Products Searched", properties=TOLD, timestamp=then)
    analytics.screen(anonymous_id=ANON, name="Me")
    analytics.identify(USER, {"name": "Anna"}, anonymous_id=ANON)
    analytics.group(USER, "g-1", {})
    analytics.alias(ANON, USER)
    analytics.flush()
    analytics.shutdown()


def sensors():
    from sensorsanalytics import sdk

    consumer = sdk.BatchConsumer(f"{url}/sa?project=default&token={key}", max_size=10)
    analytics = sdk.SensorsAnalytics(consumer, project_name="default", enable_time_free=True)
    analytics.track(ANON, "$pageview", {"$url": PAGE["url"], "$title": PAGE["title"]})
    analytics.track(ANON, "SiteSearch", {**TOLD, "$time": AN_HOUR_AGO.astimezone().replace(tzinfo=None)})
    analytics.track_signup(USER, ANON, {"consent_personalisation": True})
    analytics.track(USER, "ServiceStart", {"item_id": "i-2"}, is_login_id=True)
    analytics.profile_set(USER, {"City": "Guangzhou"}, is_login_id=True)
    analytics.flush()
    analytics.close()


{"segment-python": segment, "rudder-python": rudder, "sensors-python": sensors}[client]()
