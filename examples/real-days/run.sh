#!/bin/sh
# One recorded day through the daemon's logic: examples/real-days/run.sh DAY [FOLDER]
#
# DAY is 2025-04-02, 2025-05-23, 2025-05-28, 2025-10-06 or 2025-12-17. The recordings are not part of the project:
# AFTERSHOCK_DATA is the folder where they are. AFTERSHOCK_BIN is the programs' (default build/release).
# FOLDER (default: a fresh one) gets daily.csv, decisions.ndjson, names.ndjson and summary.json; the table is written
# by examples/real-days/table.py.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
data=${AFTERSHOCK_DATA:-none}
bin=${AFTERSHOCK_BIN:-$here/../../build/release}
day=${1:?usage: run.sh DAY [FOLDER]}
out=${2:-$(mktemp -d)}
mkdir -p "$out"
[ -d "$data/bars_us_5min" ] || { echo "run.sh: no recordings (AFTERSHOCK_DATA: $data)" >&2; exit 77; }

# Unadjusted closes, so that they join the unadjusted bars; the split dates of these months are left out. Until a day
# before the first bars: a close and a bar of the same session would be two histories.
closes() { # from, to (not included), pattern of symbols
    gunzip -c "$data"/daily_us/us44_daily_*.csv.gz |
        awk -F, -v from="$1" -v to="$2" -v symbols="$3" \
            'NR == 1 { print "date,symbol,close" }
             NR > 1 && $1 >= from && $1 < to && $2 ~ symbols && $2 != "NFLX" { print $1 "," $2 "," $6 }'
}
until_day() { # the files of a folder up to the session after the day
    find "$data/$1" -name '*.csv.gz' | sort |
        awk -v day="$day" -F/ '{ if (substr($NF, 1, 10) <= day || after++ < 1) print }'
}
news_of_day() { # headlines of that date, New York time
    gunzip -c "$data"/news/fmp_headlines_2025.csv.gz |
        awk -v day="$day" 'NR == 1 || substr($0, 1, 10) == day' > "$out/news.csv"
    news=$out/news.csv
}

case $day in
2025-04-02)
    closes 2024-10-02 2025-04-01 '^(NVDA|TSLA)$' > "$out/daily.csv"
    bars=$(until_day bars_nvda_tsla_1min_2025q2)
    news_of_day
    ;;
2025-05-23 | 2025-05-28)
    closes 2024-10-02 2025-05-12 '.' > "$out/daily.csv"
    bars=$(until_day bars_us_5min | awk -F/ '$NF >= "2025-05-12"')
    news_of_day
    ;;
2025-10-06 | 2025-12-17)
    closes 2024-10-02 2025-05-12 '.' > "$out/daily.csv"
    bars=$(until_day bars_us_5min | awk -F/ '$NF >= "2025-05-12"')
    news=$here/$day.ndjson
    ;;
*) echo "run.sh: no such day: $day" >&2; exit 2 ;;
esac

# Headlines of the day alone; prices before it warm the estimators, the session after it shows what came next.
# shellcheck disable=SC2086
"$bin/aftershock" replay --config "$here/aftershock.yaml" "$out/daily.csv" $bars "$news" \
    --out "$out/decisions.ndjson" --names "$out/names.ndjson" --summary "$out/summary.json"
echo "$out" >&2
