#!/usr/bin/env bash
# Builds the three images, pushes them and writes what they are by content: push.sh REGISTRY TAG FILE. Docker is signed in to the registry.
set -euo pipefail
[ $# -eq 3 ] || { sed -n 2p "$0" >&2; exit 2; }
registry=$1 tag=$2 file=$3
cd "$(dirname "$0")/../.."
: > "$file"
for program in silo edge ecgrid; do
    image=$registry/ecstream/$program
    docker build --pull --file "deploy/docker/$program.Dockerfile" --tag "$image:$tag" .
    docker push --quiet "$image:$tag"
    # By digest: what was built is what runs, whatever becomes of the tag.
    digest=$(docker image inspect --format '{{range .RepoDigests}}{{println .}}{{end}}' "$image:$tag" | grep --fixed-strings "$image@")
    echo "${program^^}_IMAGE=$digest" >> "$file"
done
cat "$file"
