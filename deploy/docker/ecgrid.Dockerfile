# ecgrid: the operator's command. Build from the root of the repository:
#   docker build --file deploy/docker/ecgrid.Dockerfile --tag ecstream/ecgrid .
ARG SDK=10.0.401-noble
ARG RUNTIME=10.0.12-noble

FROM mcr.microsoft.com/dotnet/sdk:${SDK} AS build
WORKDIR /build
ENV CI=true DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

# What a restore reads, and nothing else: the packages stay in the cache until one of these files changes.
COPY global.json Directory.Build.props Directory.Packages.props ./
COPY src/AdminApi/AdminApi.csproj src/AdminApi/packages.lock.json src/AdminApi/
COPY src/Cli/Cli.csproj src/Cli/packages.lock.json src/Cli/
COPY src/Delivery/Delivery.csproj src/Delivery/packages.lock.json src/Delivery/
COPY src/Protocol/Protocol.csproj src/Protocol/packages.lock.json src/Protocol/
COPY src/Spool/Spool.csproj src/Spool/packages.lock.json src/Spool/
RUN dotnet restore src/Cli --locked-mode

COPY .editorconfig ./
COPY eng/BannedSymbols.txt eng/
COPY src/ src/
RUN dotnet publish src/Cli --configuration Release --no-restore --output /app

FROM mcr.microsoft.com/dotnet/runtime:${RUNTIME}
LABEL org.opencontainers.image.title="ecstream-ecgrid" org.opencontainers.image.description="ecgrid"
WORKDIR /app
COPY --from=build /app ./

# The user "app" of the base image. The root file system may be read-only.
USER 1654:1654
ENV DOTNET_EnableDiagnostics=0

# A command, not a service: its exit code is its health.
HEALTHCHECK NONE
ENTRYPOINT ["dotnet", "ecgrid.dll"]
