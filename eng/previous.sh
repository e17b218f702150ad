#!/usr/bin/env bash
# The version before this one: the last release (a tag v*) before HEAD or, without any, the commit before HEAD.
#   eng/previous.sh --version   says which it is
#   eng/previous.sh             builds its silo and edge, unless they are there, and says where they are: DIRECTORY/silo, DIRECTORY/edge
# Ends with 3 and a reason where there is no history: in a source archive or a shallow clone.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! head=$(git rev-parse --show-toplevel 2>&1); then echo "no history: $head" >&2; exit 3; fi
if [ "$head" != "$(pwd -P)" ]; then echo "no history: the repository around this directory is another" >&2; exit 3; fi
if ! commit=$(git rev-parse --verify --quiet 'HEAD^{commit}^'); then echo "no history: nothing comes before HEAD (a shallow clone? git fetch --unshallow)" >&2; exit 3; fi
if release=$(git describe --tags --abbrev=0 --match 'v*' "$commit" 2>/dev/null); then commit=$(git rev-parse "$release^{commit}"); fi

# Its nodes have this behind their version: without a release between them both would call themselves the same.
suffix=previous.$(git rev-parse --short=12 "$commit")
if [ "${1:-}" = --version ]; then echo "$suffix"; exit 0; fi

places=$PWD/artifacts/previous
place=$places/$suffix
mkdir -p "$places"
exec 9>"$places/lock"
flock 9
if [ ! -d "$place" ]; then
    # Earlier ones, and what a build that was cut off has left.
    find "$places" -mindepth 1 -maxdepth 1 -type d -exec rm -rf {} +
    git archive --format=tar --prefix=source/ "$commit" | tar -x -C "$places"

    # A build inside 'dotnet test' is not to take over where that finds its SDK. No servers: they would outlive the build. Its style was judged when it was HEAD.
    for program in Silo Edge; do
        env -u MSBuildSDKsPath -u MSBuildExtensionsPath -u MSBUILD_EXE_PATH -u MSBuildLoadMicrosoftTargetsReadOnly \
            dotnet build "$places/source/src/$program" --disable-build-servers --configuration Release --output "$places/built/${program,,}" \
            -p:VersionSuffix="$suffix" -p:RunAnalyzers=false -p:TreatWarningsAsErrors=false -p:GenerateDocumentationFile=false --verbosity quiet --nologo 9>&- >&2
    done

    rm -rf "$places/source"
    mv "$places/built" "$place"
fi

echo "$place"
