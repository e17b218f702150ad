# The edge: the ECStream listener, a client of the silos. Build from the root of the repository:
#   docker build --file deploy/docker/edge.Dockerfile --tag ecstream/edge .
ARG SDK=10.0.401-noble
ARG RUNTIME=10.0.12-noble

FROM mcr.microsoft.com/dotnet/sdk:${SDK} AS build
WORKDIR /build
ENV CI=true DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

# What a restore reads, and nothing else: the packages stay in the cache until one of these files changes.
COPY global.json Directory.Build.props Directory.Packages.props ./
COPY src/Azure/Azure.csproj src/Azure/packages.lock.json src/Azure/
COPY src/Edge/Edge.csproj src/Edge/packages.lock.json src/Edge/
COPY src/Grains/Grains.csproj src/Grains/packages.lock.json src/Grains/
COPY src/Hosting/Hosting.csproj src/Hosting/packages.lock.json src/Hosting/
COPY src/Protocol/Protocol.csproj src/Protocol/packages.lock.json src/Protocol/
COPY src/Transport/Transport.csproj src/Transport/packages.lock.json src/Transport/
RUN dotnet restore src/Edge --locked-mode

COPY .editorconfig ./
COPY eng/BannedSymbols.txt eng/
COPY src/ src/
RUN dotnet publish src/Edge --configuration Release --no-restore --output /app

FROM mcr.microsoft.com/dotnet/aspnet:${RUNTIME}
LABEL org.opencontainers.image.title="ecstream-edge" org.opencontainers.image.description="EcStreamOrleans edge"
WORKDIR /app
COPY --from=build /app ./
COPY --chmod=0555 deploy/docker/ready /usr/local/bin/ready

# The user "app" of the base image. The root file system may be read-only: only /tmp is written.
USER 1654:1654
ENV DOTNET_EnableDiagnostics=0 \
    Logging__Console__FormatterName=json \
    Grid__Health=http://0.0.0.0:8026

# ECStream, health.
EXPOSE 1825 1826 8026
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["ready", "8026"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["dotnet", "EcStreamOrleans.Edge.dll"]
