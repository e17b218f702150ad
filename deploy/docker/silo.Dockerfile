# The silo: grains, spool, relay, admin listener. Build from the root of the repository:
#   docker build --file deploy/docker/silo.Dockerfile --tag ecstream/silo .
ARG SDK=10.0.401-noble
ARG RUNTIME=10.0.12-noble

FROM mcr.microsoft.com/dotnet/sdk:${SDK} AS build
WORKDIR /build
ENV CI=true DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

# What a restore reads, and nothing else: the packages stay in the cache until one of these files changes.
COPY global.json Directory.Build.props Directory.Packages.props ./
COPY src/AdminApi/AdminApi.csproj src/AdminApi/packages.lock.json src/AdminApi/
COPY src/Azure/Azure.csproj src/Azure/packages.lock.json src/Azure/
COPY src/Delivery/Delivery.csproj src/Delivery/packages.lock.json src/Delivery/
COPY src/Edge/Edge.csproj src/Edge/packages.lock.json src/Edge/
COPY src/Grains/Grains.csproj src/Grains/packages.lock.json src/Grains/
COPY src/Hosting/Hosting.csproj src/Hosting/packages.lock.json src/Hosting/
COPY src/Protocol/Protocol.csproj src/Protocol/packages.lock.json src/Protocol/
COPY src/Silo/Silo.csproj src/Silo/packages.lock.json src/Silo/
COPY src/Spool/Spool.csproj src/Spool/packages.lock.json src/Spool/
COPY src/Transport/Transport.csproj src/Transport/packages.lock.json src/Transport/
RUN dotnet restore src/Silo --locked-mode

COPY .editorconfig ./
COPY eng/BannedSymbols.txt eng/
COPY src/ src/
RUN dotnet publish src/Silo --configuration Release --no-restore --output /app

FROM mcr.microsoft.com/dotnet/aspnet:${RUNTIME}
LABEL org.opencontainers.image.title="ecstream-silo" org.opencontainers.image.description="EcStreamOrleans silo"
WORKDIR /app
COPY --from=build /app ./
COPY --chmod=0555 deploy/docker/ready /usr/local/bin/ready
RUN install --directory --owner=1654 --group=1654 --mode=0700 /var/lib/ecstream

# The user "app" of the base image. The root file system may be read-only: only the volume and /tmp are written.
USER 1654:1654
VOLUME /var/lib/ecstream
ENV DOTNET_EnableDiagnostics=0 \
    Logging__Console__FormatterName=json \
    Grid__Data=/var/lib/ecstream \
    Grid__Health=http://0.0.0.0:8026

# ECStream where an edge is co-hosted, admin, health, silo, gateway.
EXPOSE 1825 8025 8026 11111 30000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["ready", "8026"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["dotnet", "EcStreamOrleans.Silo.dll"]
