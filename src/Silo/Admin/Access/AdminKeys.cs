using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace EcStreamOrleans.Silo.Admin.Access;

/// <summary>Who a token belongs to.</summary>
/// <param name="Name">The actor.</param>
/// <param name="Role">His role.</param>
/// <param name="Hash">SHA-256 of the token.</param>
internal sealed record AdminKey(string Name, string Role, byte[] Hash);

/// <summary>
/// The key file, <c>Grid:AdminKeys</c>: a line a key, <c>NAME ROLE SHA256-HEX-OF-TOKEN</c>. It holds no token, only what tells the right
/// one. Read anew when the file has changed; a file with errors changes nothing.
/// </summary>
internal sealed partial class AdminKeys(string file, ILogger<AdminKeys> logger)
{
    private const int MaxFileBytes = 1 << 20;
    private const int MaxNameLength = 100;

    private readonly Lock _lock = new();
    private volatile IReadOnlyList<AdminKey> _keys = [];
    private (DateTime, long) _stamp;

    /// <summary>The keys of a file.</summary>
    /// <param name="file">The path.</param>
    /// <param name="errors">Takes a sentence for everything that is wrong with it.</param>
    public static IReadOnlyList<AdminKey> Read(string file, List<string> errors)
    {
        string[] lines;
        try
        {
            if (FindAccessError(file) is { } tooOpen)
            {
                errors.Add(tooOpen);
            }

            if (new FileInfo(file).Length > MaxFileBytes)
            {
                errors.Add($"{file}: is bigger than {MaxFileBytes} octets; this is no key file.");
                return [];
            }

            lines = File.ReadAllLines(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            errors.Add($"Grid:AdminKeys = {file}: {error.Message}");
            return [];
        }

        var keys = new List<AdminKey>();
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i].Trim();
            if (line.Length > 0 && line[0] != '#' && FindLineError(line, keys) is { } error)
            {
                errors.Add($"{file}:{(i + 1).ToString(CultureInfo.InvariantCulture)}: {error}");
            }
        }

        if (keys.Count == 0)
        {
            errors.Add($"{file}: holds no key; a line is NAME ROLE SHA256-HEX-OF-TOKEN.");
        }

        return keys;
    }

    /// <summary>Whose token this is. Takes the same time for every token: each key is compared, by its hash.</summary>
    public AdminKey? Find(string token)
    {
        ReloadIfChanged();
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(token), hash);
        AdminKey? found = null;
        foreach (var key in _keys)
        {
            found = CryptographicOperations.FixedTimeEquals(hash, key.Hash) ? key : found;
        }

        return found;
    }

    /// <summary>Reads the file anew.</summary>
    /// <returns>What is wrong with it; then the keys stay as they were.</returns>
    public IReadOnlyList<string> Reload()
    {
        lock (_lock)
        {
            _stamp = Stamp();
            var errors = new List<string>();
            var keys = Read(file, errors);
            if (errors.Count == 0)
            {
                _keys = keys;
                LogRead(file, keys.Count);
            }
            else
            {
                LogNotRead(file, string.Join(' ', errors));
            }

            return errors;
        }
    }

    private void ReloadIfChanged()
    {
        lock (_lock)
        {
            if (Stamp() != _stamp)
            {
                Reload();
            }
        }
    }

    private (DateTime, long) Stamp()
    {
        var info = new FileInfo(file);
        return info.Exists ? (info.LastWriteTimeUtc, info.Length) : default;
    }

    private static string? FindAccessError(string file) =>
        !OperatingSystem.IsWindows() && (File.GetUnixFileMode(file) & (UnixFileMode.OtherRead | UnixFileMode.OtherWrite)) != UnixFileMode.None
            ? $"{file}: everybody on this machine may read or write it; chmod o-rw it."
            : null;

    private static string? FindLineError(string line, List<AdminKey> keys)
    {
        var parts = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length != 3)
        {
            return $"has {parts.Length} words; a line is NAME ROLE SHA256-HEX-OF-TOKEN.";
        }

        var (name, role) = (parts[0], parts[1]);
        if (name.Length > MaxNameLength || name.Any(char.IsControl))
        {
            return $"the name has more than {MaxNameLength} characters, or control characters.";
        }

        if (!AdminRole.All.Contains(role))
        {
            return $"'{role}' is no role; there are {string.Join(", ", AdminRole.All)}.";
        }

        // The word itself is not repeated: by mistake it may be the token.
        var hash = new byte[SHA256.HashSizeInBytes];
        if (parts[2].Length != 2 * hash.Length || Convert.FromHexString(parts[2], hash, out _, out _) != System.Buffers.OperationStatus.Done)
        {
            return $"the third word is no SHA-256 in {2 * hash.Length} hexadecimal digits; printf %s TOKEN | sha256sum makes it.";
        }

        if (keys.Find(key => key.Hash.AsSpan().SequenceEqual(hash)) is { } same)
        {
            return $"the same token as {same.Name}'s.";
        }

        keys.Add(new AdminKey(name, role, hash));
        return null;
    }

    [LoggerMessage(410, LogLevel.Information, "Admin keys: {Count} read from {File}")]
    private partial void LogRead(string file, int count);

    [LoggerMessage(411, LogLevel.Error, "Admin keys: {File} is not taken over, the keys stay as they were: {Errors}")]
    private partial void LogNotRead(string file, string errors);
}
