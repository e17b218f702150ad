#!/usr/bin/env bash
# Prints the directory of the Bicep compiler that tests/Deploy.Tests pins and 'dotnet restore' has fetched.
set -euo pipefail
cd "$(dirname "$0")/.."
version=$(sed -n 's/.*Azure\.Bicep\.CommandLine\.linux-x64" Version="\[\([0-9.]*\)\]".*/\1/p' tests/Deploy.Tests/Deploy.Tests.csproj)
packages=$(dotnet nuget locals global-packages --list | sed 's/^[^/]*//')
tools=${packages%/}/azure.bicep.commandline.linux-x64/$version/tools
[ -f "$tools/bicep" ] || { echo "There is no Bicep $version in $packages: run 'dotnet restore tests/Deploy.Tests'." >&2; exit 1; }
chmod u+x "$tools/bicep"
echo "$tools"
