using System.Security.Cryptography.X509Certificates;
using EcStreamOrleans.Edge.Nodes;
using EcStreamOrleans.Grains;
using EcStreamOrleans.Hosting;
using EcStreamOrleans.Silo.Admin.Access;
using EcStreamOrleans.Silo.Admin.Dashboard;
using EcStreamOrleans.Silo.Admin.Policy;
using EcStreamOrleans.Silo.Configuration;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace EcStreamOrleans.Silo.Admin;

/// <summary>The admin listener: where it is, who may use it, what it answers.</summary>
internal static partial class AdminHosting
{
    /// <summary>Octets of a body: ten thousand changes, each with a reason's length of words.</summary>
    private const long MaxBodyBytes = 4 << 20;

    public static void AddAdmin(this IServiceCollection services, GridSettings settings)
    {
        services.AddSingleton<NodeStatus>().AddSingleton<INodeHealth>(s => s.GetRequiredService<NodeStatus>()).AddSingleton<INodeReadiness>(s => s.GetRequiredService<NodeStatus>());
        services.AddSingleton<GridNodes>().AddSingleton<PolicyDesk>().AddSingleton<Admission>();
        services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
        services.AddAdminAccess(settings);
        services.AddAdminDocs();
    }

    public static void ListenAdmin(this KestrelServerOptions kestrel, GridSettings settings)
    {
        kestrel.Limits.MaxRequestBodySize = MaxBodyBytes;
        var admin = new Uri(settings.Admin);
        kestrel.Listen(admin, Secure);

        void Secure(ListenOptions listen)
        {
            if (admin.Scheme == Uri.UriSchemeHttps)
            {
                listen.UseHttps(X509Certificate2.CreateFromPemFile(settings.AdminCertificate!, settings.AdminCertificateKey));
            }
        }
    }

    public static void MapAdmin(this WebApplication app, GridSettings settings)
    {
        if (settings.AllowPlainAdmin && new Uri(settings.Admin) is { IsLoopback: false } admin && admin.Scheme == Uri.UriSchemeHttp)
        {
            LogPlain(app.Logger, settings.Admin);
        }

        app.Services.GetService<AdminKeys>()?.Reload();
        app.UseMiddleware<AdminRequests>();
        if (settings.AdminDashboard)
        {
            app.UseDashboardTokens();
        }

        app.UseRouting();
        app.UseAuthentication();
        app.UseAuthorization();

        // Open to whoever reaches the listener: a probe has no token.
        app.MapPrometheusScrapingEndpoint().AllowAnonymous();
        app.MapGroup("").AllowAnonymous().MapHealth();
        app.MapAdminDocs();
        var api = app.MapGroup("/api/v1").RequireAuthorization(AdminRole.Viewer);
        api.MapStatus();
        api.MapSpool();
        api.MapOverrides();
        api.MapScopes();
        api.MapChanges();
        api.MapSuspensions();
        api.MapPolicyLog();
        api.MapEffective();
        api.MapSessions();
        api.MapMaintenance();
        api.MapConfig();
        if (settings.AdminDashboard)
        {
            app.MapDashboard(settings);
        }
    }

    [LoggerMessage(430, LogLevel.Warning, "Admin: tokens come to {Admin} in the clear (Grid:AllowPlainAdmin); something in front of it has to terminate TLS")]
    private static partial void LogPlain(ILogger logger, string admin);
}
