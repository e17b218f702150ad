namespace EcStreamOrleans.Silo.Admin.Access;

/// <summary>Sign-in by Microsoft Entra ID, <c>Grid:Entra</c>.</summary>
internal sealed class EntraOptions
{
    /// <summary>The tenant: its id or a domain of it. Default: none, Entra is not used.</summary>
    public string? Tenant { get; set; }

    /// <summary>The audience that tokens must be for: the application's id, or its application id URI. Default: none.</summary>
    public string? Audience { get; set; }

    /// <summary>Whether tokens of Entra are taken.</summary>
    internal bool IsUsed => !string.IsNullOrEmpty(Tenant) && !string.IsNullOrEmpty(Audience);

    /// <summary>What is wrong: a sentence a fault.</summary>
    internal IEnumerable<string> FindErrors()
    {
        if (string.IsNullOrEmpty(Tenant) != string.IsNullOrEmpty(Audience))
        {
            yield return "Grid:Entra needs both Grid:Entra:Tenant and Grid:Entra:Audience.";
        }

        // "common" and "organizations" would take tokens of anybody's tenant.
        if (Tenant is { Length: > 0 } tenant && !Guid.TryParse(tenant, out _) && !(tenant.Contains('.') && Uri.CheckHostName(tenant) == UriHostNameType.Dns))
        {
            yield return $"Grid:Entra:Tenant = {tenant}: must be one tenant's id or domain.";
        }
    }
}
