using System.Security.Cryptography;
using System.Text;
using EcStreamOrleans.Grid.Tests.Harness;

namespace EcStreamOrleans.Grid.Tests.Admin;

/// <summary>Key files as an administrator writes them.</summary>
internal static class KeyFile
{
    public static string Line(string name, string role, string token) => $"{name} {role} {Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)))}";

    public static string Write(TempDirectory directory, params string[] lines)
    {
        var file = directory.File("admin.keys", string.Join('\n', lines) + "\n");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return file;
    }
}
