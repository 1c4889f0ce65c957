#!/bin/sh
# Checks the bundle that it lies in: an attempt's or an exam's, as an exam box handed it upstream.
#
#   sh verify.sh [KEY] [--folder DIR] [--site-ca FILE] [--tsa-ca FILE]
#
# KEY        the box's public key (box.pub) from another place, or its fingerprint, to compare with
# --folder   another bundle; so one copy of this file that you trust can check all
# --site-ca  the certificate authority of your site, for manifest.p7s
# --tsa-ca   the certificate authority of the time-stamping service, for manifest.tsr
#
# Needs sh, openssl 3 and sha256sum (or shasum), and what every Unix has. OPENSSL=/path/openssl names another openssl.
# Prints OK (exit code 0) or the first thing that is wrong (1); 2: it could not look. Reads only.
# The chain of events, and checkpoints, are checked by `appliance verify`; docs/verify.md says what each proves.

set -u
LC_ALL=C
export LC_ALL
openssl=${OPENSSL:-openssl}

cannot() { printf 'CANNOT CHECK  %s\n' "$1" >&2; exit 2; }
wrong() { printf 'WRONG  %s%s\n' "$prefix" "$1"; exit 1; }
absolute() { case $1 in /*) printf '%s' "$1" ;; *) printf '%s/%s' "$(pwd)" "$1" ;; esac; }
fingerprint() { "$openssl" pkey -pubin -in "$1" -outform DER 2>/dev/null | sum256 | cut -d ' ' -f 1; }
signed() { "$openssl" pkeyutl -verify -pubin -inkey box.pub -rawin -in "$1" -sigfile "$2" >/dev/null 2>&1; }
# manifest.json, 2 -> manifest-2.json
numbered() {
    case $2:$1 in
        1:*) printf '%s' "$1" ;;
        *.sig | *.json | *.p7s | *.tsr) printf '%s-%s.%s' "${1%.*}" "$2" "${1##*.}" ;;
        *) printf '%s-%s' "$1" "$2" ;;
    esac
}

self=$(absolute "$0") folder=$(dirname "$0") key='' site_ca='' tsa_ca='' prefix='' inner=''
while [ $# -gt 0 ]; do
    case $1 in
        --folder | --site-ca | --tsa-ca | --prefix)
            [ $# -ge 2 ] || cannot "$1 needs a value"
            case $1 in
                --folder) folder=$2 ;;
                --site-ca) site_ca=$(absolute "$2") ;;
                --tsa-ca) tsa_ca=$(absolute "$2") ;;
                --prefix) prefix=$2 inner=yes ;; # an attempt, asked for by its exam
            esac
            shift ;;
        -*) cannot "$1 is unknown: sh verify.sh [KEY] [--folder DIR] [--site-ca FILE] [--tsa-ca FILE]" ;;
        *) key=$1 ;;
    esac
    shift
done

case $("$openssl" version 2>/dev/null) in
    'OpenSSL '[3-9]*) ;;
    '') cannot "there is no openssl: install OpenSSL 3, or name it: OPENSSL=/path/openssl sh verify.sh" ;;
    *) cannot "$("$openssl" version) cannot check Ed25519 signatures: OPENSSL=/path/openssl names OpenSSL 3" ;;
esac
if command -v sha256sum >/dev/null 2>&1; then
    sum256() { sha256sum "$@"; }
elif command -v shasum >/dev/null 2>&1; then
    sum256() { shasum -a 256 "$@"; }
else
    cannot "there is neither sha256sum nor shasum"
fi
for file in "$site_ca" "$tsa_ca"; do
    [ -z "$file" ] || [ -r "$file" ] || cannot "$file cannot be read"
done
wanted=''
if [ -n "$key" ]; then
    if [ -r "$key" ]; then wanted=$(fingerprint "$key"); else wanted=$(printf '%s' "$key" | tr 'A-F' 'a-f' | tr -d ': '); fi
    case $wanted in
        *[!0-9a-f]* | '') cannot "$key is neither a public key (box.pub) nor its fingerprint" ;;
    esac
    [ ${#wanted} -eq 64 ] || cannot "$key is neither a public key (box.pub) nor its fingerprint"
    [ "$wanted" != "$(printf '' | sum256 | cut -d ' ' -f 1)" ] || cannot "$key is not a public key"
fi
cd "$folder" 2>/dev/null || cannot "there is no folder $folder"

# --- the key, and which manifests there are ---

[ -f box.pub ] || wrong 'box.pub: it is missing'
own=$(fingerprint box.pub)
[ "$own" != "$(printf '' | sum256 | cut -d ' ' -f 1)" ] || wrong 'box.pub: it is not a public key'
[ -z "$wanted" ] || [ "$wanted" = "$own" ] || wrong 'box.pub: it is not the key that you gave: another box signed this'
newest=1
for file in manifest-*.json manifest-*.sig SHA256SUMS-* ledger-*.jsonl; do
    [ -f "$file" ] || continue
    number=${file#*-} number=${number%%.*}
    case $number in '' | *[!0-9]* | ??????*) continue ;; esac
    [ "$number" -le "$newest" ] || newest=$number
done

# --- signatures, of every manifest from the first to the newest ---

sums='' number=0
while [ $number -lt "$newest" ]; do
    number=$((number + 1))
    list=$(numbered SHA256SUMS $number) manifest=$(numbered manifest.json $number)
    for file in "$list" "$(numbered SHA256SUMS.sig $number)" "$manifest" "$(numbered manifest.sig $number)"; do
        [ -f "$file" ] || wrong "$file: it is missing"
    done
    signed "$list" "$(numbered SHA256SUMS.sig $number)" || wrong "$list: its signature does not fit"
    signed "$manifest" "$(numbered manifest.sig $number)" || wrong "$manifest: its signature does not fit"
    sums="$sums $list"
done

# --- files ---

# $sums is split on purpose: names without spaces, made above.
# shellcheck disable=SC2086
said=$(cat $sums | sort -u | sum256 -c - 2>&1) || {
    bad=$(printf '%s\n' "$said" | grep ': FAILED' | head -n 1)
    wrong "${bad:-$(printf '%s\n' "$said" | head -n 1)}"
}
files=$(printf '%s\n' "$said" | grep -c ': OK$')
# shellcheck disable=SC2086
extra=$({ cat $sums | sed 's/^[0-9a-f]*  /=/'; find . ! -type d | sed 's,^\./,+,'; } | awk '
    /^=/ { known[substr($0, 2)] = 1; if ((cut = index($0, "/manifest")) > 1) attempt[substr($0, 2, cut - 2)] = 1; next }
    { file = substr($0, 2); top = file; sub("/.*", "", top) }
    file in known || top in attempt { next }
    file ~ /^(box\.pub|(manifest|SHA256SUMS)(-[0-9]+)?\.sig|SHA256SUMS(-[0-9]+)?|manifest(-[0-9]+)?\.(p7s|tsr))$/ { next }
    { print file; exit }')
[ -z "$extra" ] || wrong "$extra: it is in no manifest"
link=$(find . -type l | head -n 1)
[ -z "$link" ] || wrong "${link#./}: it is a link, not a file"
manifest=$(numbered manifest.json "$newest")
if grep -q '"missing":\[{' "$manifest"; then
    wrong "$manifest: it names files as missing: the box could not send them, and says why"
fi

# --- certificate and time stamp, where the box had them made ---

# `cms` and `ts` ask for certificates that are valid now, or were when the manifest was made.
made=$(sed -n 's/.*"made_at":\([0-9]*\).*/\1/p' "$manifest")
signer='' stamp=''
p7s=$(numbered manifest.p7s "$newest") tsr=$(numbered manifest.tsr "$newest")
if [ -f "$p7s" ]; then
    set -- -verify -binary -purpose any -inform DER -in "$p7s" -content "$manifest" -out /dev/null
    if [ -z "$site_ca" ]; then
        "$openssl" cms "$@" -noverify >/dev/null 2>&1 || wrong "$p7s: it does not fit $manifest"
        signer="$p7s fits; --site-ca FILE checks whose certificate it is"
    else
        "$openssl" cms "$@" -CAfile "$site_ca" >/dev/null 2>&1 ||
            "$openssl" cms "$@" -CAfile "$site_ca" -attime "$made" >/dev/null 2>&1 ||
            wrong "$p7s: it does not fit $manifest, or its certificate is not of that authority"
        signer="$p7s fits, by a certificate of the site's authority"
    fi
elif [ -n "$site_ca" ]; then
    signer="there is no $p7s: the box had no certificate of the site when it signed"
fi
if [ -f "$tsr" ]; then
    at=$("$openssl" ts -reply -in "$tsr" -text 2>/dev/null | sed -n 's/^Time stamp: //p')
    if [ -z "$tsa_ca" ]; then
        stamp="$tsr says $at; --tsa-ca FILE checks it"
    else
        "$openssl" ts -verify -data "$manifest" -in "$tsr" -CAfile "$tsa_ca" >/dev/null 2>&1 ||
            "$openssl" ts -verify -data "$manifest" -in "$tsr" -CAfile "$tsa_ca" -attime "$made" >/dev/null 2>&1 ||
            wrong "$tsr: it does not fit $manifest, or it is not of that authority"
        stamp="$manifest existed on $at: $tsr fits"
    fi
elif [ -n "$tsa_ca" ]; then
    stamp="there is no $tsr: no time stamp was made"
fi

# --- an exam's attempts, each by itself ---

# shellcheck disable=SC2086
attempts=$(cat $sums | sed -n 's,^[0-9a-f]*  \([^/]*\)/manifest[-0-9]*\.json$,\1,p' | sort -u)
for attempt in $attempts; do
    set -- --folder "$(pwd)/$attempt" --prefix "$attempt/" "$own"
    [ -z "$site_ca" ] || set -- --site-ca "$site_ca" "$@"
    [ -z "$tsa_ca" ] || set -- --tsa-ca "$tsa_ca" "$@"
    sh "$self" "$@" || exit $?
done
if [ -n "$inner" ]; then
    printf 'OK  %s %s files\n' "$prefix" "$files"
    exit 0
fi
printf 'OK  %s files, as the box signed them\n' "$files"
if [ -n "$wanted" ]; then said='the key you gave'; else said='compare it with the box: sh verify.sh KEY'; fi
printf '    signed by %s, %s\n' "$own" "$said"
for line in "$signer" "$stamp"; do [ -z "$line" ] || printf '    %s\n' "$line"; done
printf '    the chain of events was not looked at: `appliance verify` does\n'
