"""Japanese."""

import re

from bot.when.lexicon import Table

_NUMERALS = {"〇": 0, "一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}  # noqa: RUF001 - the numeral zero
_NOON = 12
_DATE = (
    r"(?: ?[0-9]{1,2}/[0-9]{1,2} ?| ?m[0-9]{1,2}d[0-9]{1,2} ?| ?[0-9-]{8,10} ?|来週|来月|明日|今日|年末|今?月末|"
    r"来月末|[月火水木金土日]曜日?|[0-9]{1,2}月)"
)


def _digits(found: re.Match[str]) -> str:
    """Write a number up to 99 in figures: 二十三 is 23."""
    tens, ten, ones = found[0].rpartition("十")
    if not ten:
        return "".join(str(_NUMERALS[character]) for character in ones)
    return str(10 * _NUMERALS.get(tens, 1) + _NUMERALS.get(ones, 0))


def _month_and_day(found: re.Match[str]) -> str:
    """Write a date whose order is spelled out so that it is never swapped."""
    return f" m{found[1]}d{found[2]} "


def _weekday_list(found: re.Match[str]) -> str:
    """Write weekdays in full: 月水金 is 月曜日水曜日金曜日."""
    return "".join(f"{character}曜日" for character in found[0] if character not in "・、と,")


def _half_day(found: re.Match[str]) -> str:
    """Write an hour of the morning or afternoon with am or pm."""
    minute = 30 if found[4] else int(found[3] or found[5] or 0)
    hour = int(found[2])
    if hour == 0 and found[1] == "午後":
        hour = _NOON
    return f" {hour}:{minute:02}{'am' if found[1] == '午前' else 'pm'} "


def _shared_half(found: re.Match[str]) -> str:
    """Give the end of a range the half of the day that its start names, if it comes later in it."""
    half, start, end = found[1], int(found[2]), int(found[6])
    minutes = f"{found[3]}分" if found[3] else found[4] or ""
    shared = half if start % _NOON < end < _NOON else ""
    return f"{half}{start}時{minutes}{found[5]}{shared}{end}時"


TABLE = Table(
    code="ja",
    months_from=("ja", "en"),
    marks=True,
    spaceless=True,
    typos=False,
    comma_decimals=False,
    meanings={
        "wd.0": "月曜日, 月曜, げつようび, mon, monday, (月)",
        "wd.1": "火曜日, 火曜, tue, tuesday, (火)",
        "wd.2": "水曜日, 水曜, wed, wednesday, (水)",
        "wd.3": "木曜日, 木曜, thu, thursday, (木)",
        "wd.4": "金曜日, 金曜, fri, friday, (金)",
        "wd.5": "土曜日, 土曜, sat, saturday, (土)",
        "wd.6": "日曜日, 日曜, sun, sunday, (日)",
        "month.1": "1月",
        "month.2": "2月",
        "month.3": "3月",
        "month.4": "4月",
        "month.5": "5月",
        "month.6": "6月",
        "month.7": "7月",
        "month.8": "8月",
        "month.9": "9月",
        "month.10": "10月",
        "month.11": "11月",
        "month.12": "12月",
        "month.12 num.31": "大晦日",
        "month.1 num.1": "元日, 元旦",
        "mer.am": "午前, am",
        "mer.pm": "午後, pm",
        "unit.s": "秒間, 秒",
        "unit.min": "分間, 分",
        "unit.h": "時間",
        "unit.d": "日間",
        "unit.w": "週間, 週",
        "unit.wend": "週末",
        "unit.mo": "か月間, ヶ月間, ヵ月間, カ月間, ケ月間, か月, ヶ月, ヵ月, カ月, ケ月, 箇月, 月",
        "unit.y": "年間, 年",
        "rel.0": "今日, きょう, 本日, 当日",
        "rel.1": "明日, あした, あす, 翌日",
        "rel.2": "明後日, あさって, 明明後日の前日",
        "rel.3": "明々後日, しあさって",
        "rel.-1": "昨日, きのう",
        "rel.-2": "一昨日, おととい",
        "rel.0 part.night": "今夜, 今日の夜, 本日夜",
        "rel.0 part.evening": "今晩, 今日の晩",
        "rel.0 part.morning": "今朝, 今日の朝",
        "rel.1 part.morning": "明朝",
        "rel.1 part.night": "明晩の夜",
        "rel.1 part.evening": "明晩",
        "part.morning": "朝, 午前中, 早朝",
        "part.noon": "正午, お昼, 昼",
        "part.afternoon": "午後に, 昼過ぎ, 夕, 夕刻",
        "part.evening": "夕方, 晩",
        "part.night": "夜, 夜間",
        "part.dawn": "深夜, 未明, 夜中",
        "part.midnight": "零時, 真夜中",
        "num.1 unit.d": "一日間, 一日中の間",
        "half": "半",
        "half unit.d": "半日",
        "half unit.h": "半時間, 30分間の半時間",
        "half unit.mo": "半月",
        "half unit.y": "半年, 半年間",
        "cue": "開場, 開演, 入り, 搬入, 集合",
        "label": "リハ, リハーサル, ライブ, 本番, 練習, スタジオ, レコーディング, 録音, 会議, ミーティング, 打ち合わせ",
        "from": "から, より",
        "starting": "開始, スタート, 以降, 始まり",
        "until": "まで, 迄",
        "of": "の中の",
        "by": "までに, 迄に, 締切, 締め切り, 〆切",
        "for": "の間, かけて",
        "before": "前, 前の, まえ",
        "after": "後, 後の, あと",
        "now": "今, いま, 今すぐ, ただ今",
        "next": "次, 次の",
        "this unit.w": "今週, 今週中",
        "next unit.w": "来週, 翌週, らいしゅう",
        "unit.w after next": "再来週",
        "this unit.mo": "今月",
        "next unit.mo": "来月, 翌月",
        "this unit.y": "今年",
        "next unit.y": "来年, 翌年",
        "this unit.wend": "今週末, この週末",
        "next unit.wend": "来週末",
        "last unit.w": "先週",
        "this": "今度, 今度の, こんどの, この",
        "coming": "来たる",
        "eo unit.mo": "月末, 月末まで, 今月末, 今月末まで",
        "eo next unit.mo": "来月末, 来月末まで",
        "eo unit.w": "今週中に, 今週末まで, 週内, 今週中まで",
        "eo unit.y": "年末, 今年末, 年内",
        "eo unit.d": "今日中, 本日中, 今日中に, 本日中に",
        "rel.1 eo unit.d": "明日中, 明日中に",
        "eo": "末, 終わり, の終わり",
        "every": "毎, ごと",
        "daily": "毎日, 日々",
        "daily part.morning": "毎朝",
        "daily part.night": "毎晩, 毎夜",
        "weekly": "毎週, 週一, 週1回, 週に1回, 週一回",
        "biweekly": "隔週, 1週おき, 一週おき, 一週間おき, 1週間おき",
        "monthly": "毎月, 月1回, 月一, 月一回, 月に1回",
        "monthly every last unit.d": "毎月末, 毎月末日, 毎月最終日, 毎月の最終日",
        "bimonthly": "隔月",
        "yearly": "毎年",
        "workdays": "平日, 毎平日",
        "weekends": "毎週末, 土日祝以外の週末",
        "wd.5 and wd.6": "土日",
        "last": "最終, 最後の",
        "times": "回",
        "and": "と, 及び, および",
        "or": "または, もしくは, か",
        "ji": "時, じ",
        "zonetime": "現地時間",
        "allday": "終日, 一日中, 丸一日, まる一日, 丸1日, まる1日, 1日中, 全日",
        "whole": "まるごと, 丸々, ずっと, いっぱい",
        "rest": "残り, 残りの",
        "comma": "、, ・",
        "fill": "の, に, は, で, を, が, ごろ, 頃, くらい, ぐらい, 約, およそ, ちょうど, "
        "お願いします, でお願いします, お願い, です, だ, へ, も, ね, よ, 。, 「, 」, "
        "くださいませ, ください, 予定, 開始予定, at, on, !, きっかり",
    },
    rewrites=(
        # "That is enough", not ten minutes.
        (r"十分(?=です|だ|に(?!始))", "充分"),
        (
            r"[一二三四五六七八九十〇]+(?=時|分|秒|日(?!曜)|月(?!曜)|週|[かヶヵカケ箇]月|年|回)|(?<=第)[一二三四五]",
            _digits,
        ),
        (r"\b([ap]m) ?(?=[0-9])", lambda found: "午前" if found[1] == "am" else "午後"),
        (r"(今月|来月|再来月|[0-9]{1,2}月)の?(第[1-5]|最終)([月火水木金土日]曜日?)", r" \2\3の中の\1"),
        (r"^これから(?=[0-9]+(?:時間|分)(?:半|[0-9]+分)?$)", "次の"),
        (r"([0-9]+)日半", r"\1日間半"),
        (r"(から|-)翌(?:日の?|朝の?)?(?=[0-9])", r"\1"),
        (r"(?<![^\s-])(?<![0-9][\s-])([月火水木金土日])(?=[\s-]|$)", r"\1曜"),
        (r"([0-9]{4})年([0-9]{1,2})月([0-9]{1,2})日", r" \1-\2-\3 "),
        (r"([0-9]{1,2})月([0-9]{1,2})日(?!間)", _month_and_day),
        (r"([0-9]+)日(?:間)?(?=後|前|あと|まえ|以内|ごと|毎)", r"\1日間"),
        (r"(?<![0-9/丸る])([0-9]{1,2})日(?!間|中|曜)", r" \1th "),
        (r"([0-9]+)(日間|週間?|[かヶヵカケ箇]月)(?:ごと|毎)に?", r"毎\1\2"),
        (r"第([0-9])", r" \1th "),
        (r"(?<=毎週)([月火水木金土日](?:[・、と,]?[月火水木金土日](?!曜))*)(?!曜)", _weekday_list),
        (r"(?<![毎隔今来先翌再])([月火水木金土])([・、])(?=[月火水木金土日])", r"\1曜\2"),
        (r"昼(?=[1-5]時)", "午後"),
        (r"(午前|午後)([0-9]{1,2})時(?:([0-9]{1,2})分?|(半))?(から|-)(?!午)([0-9]{1,2})時", _shared_half),
        (r"(午前|午後) ?([0-9]{1,2})(?:時(?:([0-9]{1,2})分?|(半))?|:([0-9]{2}))(?!間)", _half_day),
        (r"午後(?![ 0-9])", "午後に"),
        (r"午前(?![ 0-9中])", "午前中"),
        (r"今から(?=.*後)", " "),
        (r"(?<![0-9])(" + _DATE + r")から(?=\s*(?:毎|隔))", r"開始\1 "),
        (r"(?<![0-9])(" + _DATE + r")まで(?=\s*(?:毎|隔))", r"まで\1 "),
        (r"^(.*(?:毎|隔|平日).*?)[ 、]*(" + _DATE + r")まで$", r"\1 まで\2 "),
        (r"^(.*(?:毎|隔|平日).*?)[ 、]*(" + _DATE + r")から$", r"\1 開始\2 "),
        (r"から(.+)まで(?!に)", r"-\1 "),
        (r"から(?=\s*[^\s毎隔])", "-"),
    ),
    says={
        "language": "ja",
        "DAILY": "毎日",
        "DAILY n": "{n}日ごと",
        "WEEKLY": "毎週",
        "WEEKLY n": "{n}週間ごと",
        "MONTHLY": "毎月",
        "MONTHLY n": "{n}か月ごと",
        "YEARLY": "毎年",
        "on": "{days}",
        "nth": "{n}{day}",
        "nths": "第1, 第2, 第3, 第4, 第5, 最終",
        "monthday": "{n}日",
        "last day": "最終日",
        "date": "M月d日",
        "and": "・",
        "starting": "{date}から",
        "until": " {date}まで",
        "times": " {n}回",
        "units": "日間/日間, 時間/時間, 分/分, 秒/秒",
        "order": "{starting}{every}{days} {time}{until}",
    },
)
