using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EcStreamOrleans.Hosting;
using EcStreamOrleans.Silo.Admin.Access;

namespace EcStreamOrleans.Silo.Configuration;

/// <summary>What must hold of the settings of the admin listener together: it opens off loopback to nobody by mistake.</summary>
internal static class AdminSettings
{
    public static IEnumerable<string> FindErrors(GridSettings settings)
    {
        var errors = new List<string>(settings.Entra.FindErrors());
        if (settings.AdminKeys is { } keys)
        {
            AdminKeys.Read(keys, errors);
        }

        if (!ListenUrl.TryParse(settings.Admin, out var admin))
        {
            errors.Add($"Grid:Admin = {settings.Admin}: must be of the form http://ADDRESS:PORT or https://ADDRESS:PORT.");
            return errors;
        }

        if (!admin.IsLoopback && settings.AdminKeys is null && !settings.Entra.IsUsed)
        {
            errors.Add($"Grid:Admin = {settings.Admin}: is not a loopback address: set Grid:AdminKeys to a file of keys, or Grid:Entra:Tenant and Grid:Entra:Audience, so that not everybody is its administrator.");
        }

        if (!admin.IsLoopback && admin.Scheme == Uri.UriSchemeHttp && !settings.AllowPlainAdmin)
        {
            errors.Add($"Grid:Admin = {settings.Admin}: tokens would come in the clear: use https with Grid:AdminCertificate and Grid:AdminCertificateKey, or set Grid:AllowPlainAdmin=true if something in front terminates TLS.");
        }

        FindCertificateErrors(settings, admin, errors);
        return errors;
    }

    private static void FindCertificateErrors(GridSettings settings, Uri admin, List<string> errors)
    {
        if (admin.Scheme == Uri.UriSchemeHttp)
        {
            if ((settings.AdminCertificate ?? settings.AdminCertificateKey) is not null)
            {
                errors.Add($"Grid:Admin = {settings.Admin}: Grid:AdminCertificate and Grid:AdminCertificateKey are for https://….");
            }

            return;
        }

        if (settings.AdminCertificate is null || settings.AdminCertificateKey is null)
        {
            errors.Add($"Grid:Admin = {settings.Admin}: https needs Grid:AdminCertificate and Grid:AdminCertificateKey.");
            return;
        }

        try
        {
            X509Certificate2.CreateFromPemFile(settings.AdminCertificate, settings.AdminCertificateKey).Dispose();
        }
        catch (Exception error) when (error is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            errors.Add($"Grid:AdminCertificate = {settings.AdminCertificate}, Grid:AdminCertificateKey = {settings.AdminCertificateKey}: {error.Message}");
        }
    }
}
