using EcStreamOrleans.Silo.Admin.Access;
using EcStreamOrleans.Silo.Configuration;
using Orleans.Dashboard;

namespace EcStreamOrleans.Silo.Admin.Dashboard;

/// <summary>Orleans' own dashboard on the admin listener, <c>Grid:AdminDashboard</c>: silos, grains, calls. It changes nothing, so that every role may see it.</summary>
internal static class DashboardHosting
{
    public const string Path = "/dashboard";

    /// <summary>The part that each silo of the cluster needs: whichever shows the dashboard asks all of them.</summary>
    public static void AddSilosDashboard(this ISiloBuilder silo)
    {
        // The log has peers and operators in it; who may read it is not for the roles of this API to say.
        silo.AddDashboard(options => options.HideTrace = true);
        silo.Services.AddSingleton<DashboardCookie>();
    }

    /// <summary>Has a browser's token taken for what it is, before it is asked who sends a request.</summary>
    public static void UseDashboardTokens(this WebApplication app) => app.UseMiddleware<DashboardTokens>();

    public static void MapDashboard(this WebApplication app, GridSettings settings)
    {
        app.MapOrleansDashboard(Path).RequireAuthorization(AdminRole.Viewer).ExcludeFromDescription();
        if (settings.AsksForTokens)
        {
            app.MapSignIn();
        }
    }
}
