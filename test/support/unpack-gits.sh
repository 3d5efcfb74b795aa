#!/usr/bin/env bash
# unpack-gits.sh FOLDER: puts git 2.47 (Debian trixie) and the newest git (Debian sid) into FOLDER, as FOLDER/trixie/git and
# FOLDER/sid/git, beside the machine's own and without installing anything.
#
# Both run on sid's C library, which lies in FOLDER too and is started through its own loader: no patchelf, no root. The mirror is the
# one that this machine's apt is set up with. Where both gits are there already, nothing is done. FOLDER appears whole or not at all.
# Status: 0 both are there; 3 this machine has no apt or no Debian mirror; 1 anything else.
set -euo pipefail

folder=${1:?usage: unpack-gits.sh FOLDER}
suites=(trixie sid)
libraries=(libc6 zlib1g libpcre2-8-0)

works() { "$1/trixie/git" version >/dev/null 2>&1 && "$1/sid/git" version >/dev/null 2>&1; }

fail() {
  echo "unpack-gits: $1" >&2
  if [ -s "${log:-}" ]; then tail -n 20 "$log" | sed 's/^/unpack-gits: | /' >&2; fi
  exit "${2:-1}"
}

if works "$folder"; then exit 0; fi
for tool in apt-get apt-config dpkg dpkg-deb; do
  command -v "$tool" >/dev/null || fail "no $tool on this machine: git 2.47 and the newest git cannot be fetched; set GITMIDX_GITS to a folder that holds trixie/git and sid/git" 3
done

mkdir -p "$(dirname "$folder")"
work=$(mktemp -d "$folder.new.XXXXXX")
trap 'rm -rf "$work"' EXIT
log=$work/log
architecture=$(dpkg --print-architecture)

# The archives that this machine's apt knows, as "address component": indextargets reads both formats of source lists.
mirrors=$(apt-get indextargets --format '$(REPO_URI) $(COMPONENT)' 'Created-By: Packages' 2>>"$log" |
  sed -n 's/^\(.*\/debian\)\/* main$/\1/p' | sort -u) || true
[ -n "$mirrors" ] || fail "apt on this machine is set up with no Debian archive" 3

keyring=/usr/share/keyrings/debian-archive-keyring.gpg
trust="arch=$architecture"
if [ -e "$keyring" ]; then trust="$trust signed-by=$keyring"; fi
mkdir -p "$work/state/lists/partial" "$work/cache/archives/partial" "$work/debs"
: >"$work/status"
apt=(apt-get -q
  -oDir::State="$work/state" -oDir::State::Lists="$work/state/lists" -oDir::State::status="$work/status"
  -oDir::Cache="$work/cache" -oDir::Etc::SourceList="$work/sources.list" -oDir::Etc::SourceParts=/dev/null
  -oAPT::Sandbox::User= -oAcquire::Languages=none -oAcquire::PDiffs=false -oAcquire::Retries=3
  -oAcquire::IndexTargets::deb::DEP-11::DefaultEnabled=false -oAcquire::IndexTargets::deb::Contents-deb::DefaultEnabled=false)

read_lists() {
  local mirror
  for mirror in $mirrors; do
    for suite in "${suites[@]}"; do echo "deb [$trust] $mirror $suite main"; done >"$work/sources.list"
    # Without this, a mirror that lacks one suite counts as a success with a warning.
    if "${apt[@]}" -oAPT::Update::Error-Mode=any update >>"$log" 2>&1; then return 0; fi
  done
  return 1
}

unpack_libraries() {
  local deb loader
  mkdir -p "$work/libraries" "$work/new/lib"
  for deb in "${libraries[@]}"; do dpkg-deb -x "$work"/debs/"$deb"_*.deb "$work/libraries"; done
  # Links elsewhere (lib64) point to these.
  cp -P "$work"/libraries/usr/lib/*-linux-gnu*/*.so* "$work/new/lib/"
  loader=$(find "$work/new/lib" -name 'ld-linux*.so*' | head -n 1)
  [ -n "$loader" ] || fail "libc6 of sid holds no loader for $architecture"
  [ -x "$loader" ] || fail "$loader is not a program"
  ln -sf "$(basename "$loader")" "$work/new/lib/loader"
}

# Git starts its sub-commands as git-core/git or through git-core/git-NAME, links to it: there the loader is put in between.
write_starters() {
  local to=$1
  printf '%s\n' '#!/bin/sh' 'here=${0%/*}' \
    'exec "$here/../../lib/loader" --argv0 "${0##*/}" --library-path "$here/../../lib" "$here/../git-binary" "$@"' >"$to/core/git"
  printf '%s\n' '#!/bin/sh' 'here=$(cd "${0%/*}" && pwd)' \
    'export GIT_EXEC_PATH="$here/core" GIT_TEMPLATE_DIR="$here/templates"' \
    'exec "$here/../lib/loader" --argv0 git --library-path "$here/../lib" "$here/git-binary" "$@"' >"$to/git"
  chmod +x "$to/core/git" "$to/git"
}

unpack_git() {
  local suite=$1 to=$work/new/$1 from=$work/unpacked-$1 name
  mkdir -p "$to/core"
  dpkg-deb -x "$work/debs/$suite.deb" "$from"
  cp "$from/usr/lib/git-core/git" "$to/git-binary"
  cp -R "$from/usr/share/git-core/templates" "$to/templates"
  # Only what is git itself: the scripts and the programs for other protocols are no part of any test.
  for name in "$from"/usr/lib/git-core/git-*; do
    if [ "$(readlink "$name" || true)" = git ] || [ "$name" -ef "$from/usr/lib/git-core/git" ] || cmp -s "$name" "$to/git-binary"; then
      ln -s git "$to/core/$(basename "$name")"
    fi
  done
  for name in git-upload-pack git-receive-pack git-upload-archive; do ln -sf git "$to/core/$name"; done
  write_starters "$to"
}

echo "unpack-gits: fetching git 2.47 and the newest git (once; some 40 MB)" >&2
read_lists || fail "the lists of ${suites[*]} could not be read"
cd "$work/debs"
"${apt[@]}" download git/trixie >>"$log" 2>&1 || fail "git of trixie could not be fetched"
mv git_*.deb trixie.deb
"${apt[@]}" download git/sid "${libraries[@]/%//sid}" >>"$log" 2>&1 || fail "git of sid could not be fetched"
mv git_*.deb sid.deb
unpack_libraries
for suite in "${suites[@]}"; do unpack_git "$suite"; done
for suite in "${suites[@]}"; do
  "$work/new/$suite/git" version >>"$log" 2>&1 || fail "git of $suite was unpacked but does not start"
done
# Another run may have been faster; then its folder stays.
if ! works "$folder"; then
  rm -rf "$folder"
  mv -T "$work/new" "$folder"
fi
