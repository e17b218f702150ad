namespace EcStreamOrleans.Grid.Tests.Harness;

/// <summary>Programs of others that the grid must get on with.</summary>
internal static class InteropTools
{
    public const string Advice = "run eng/install-test-tools.sh";

    public static string? QmqpSource { get; } = Find("qmqp-source");

    public static string? QmqpSink { get; } = Find("qmqp-sink");

    public static string? Postfix { get; } = Find("postfix");

    public static string? OpenSsl { get; } = Find("openssl");

    public static string? Ss { get; } = Find("ss");

    /// <summary>nullmailer's client, unpacked from its package since it cannot be installed beside Postfix.</summary>
    public static string? NullmailerQmqp { get; } = Existing(
        Path.Combine(Environment.GetEnvironmentVariable("NULLMAILER_DIR") ?? "/opt/nullmailer", "usr/lib/nullmailer/qmqp"));

    // Debian keeps Postfix's programs where only root's PATH leads.
    private static string? Find(string name) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(':', StringSplitOptions.RemoveEmptyEntries)
        .Append("/usr/sbin")
        .Select(directory => Existing(Path.Combine(directory, name)))
        .FirstOrDefault(file => file is not null);

    private static string? Existing(string file) => File.Exists(file) ? file : null;
}

/// <summary>A test with Postfix's qmqp-source; skipped with a reason where it is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class QmqpSourceFactAttribute : FactAttribute
{
    public QmqpSourceFactAttribute() => Skip = InteropTools.QmqpSource is null ? $"qmqp-source is missing: {InteropTools.Advice}" : null;
}

/// <summary>A test that asks the kernel about sockets, by iproute2's ss; skipped with a reason where it is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SsFactAttribute : FactAttribute
{
    public SsFactAttribute() => Skip = InteropTools.Ss is null ? $"ss is missing: {InteropTools.Advice}" : null;
}

/// <summary>A test with OpenSSL's own client; skipped with a reason where it is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class OpenSslFactAttribute : FactAttribute
{
    public OpenSslFactAttribute() => Skip = InteropTools.OpenSsl is null ? $"openssl is missing: {InteropTools.Advice}" : null;
}

/// <summary>A test with OpenSSL's own client; skipped with a reason where it is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class OpenSslTheoryAttribute : TheoryAttribute
{
    public OpenSslTheoryAttribute() => Skip = InteropTools.OpenSsl is null ? $"openssl is missing: {InteropTools.Advice}" : null;
}

/// <summary>A test with Postfix's qmqp-sink; skipped with a reason where it is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class QmqpSinkFactAttribute : FactAttribute
{
    public QmqpSinkFactAttribute() => Skip = InteropTools.QmqpSink is null ? $"qmqp-sink is missing: {InteropTools.Advice}" : null;
}

/// <summary>A test with nullmailer's qmqp client; skipped with a reason where it is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NullmailerFactAttribute : FactAttribute
{
    public NullmailerFactAttribute() => Skip = InteropTools.NullmailerQmqp is null ? $"nullmailer's qmqp is missing: {InteropTools.Advice}" : null;
}

/// <summary>A test with a Postfix of its own; skipped with a reason where Postfix is missing, or where it could not be started.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PostfixFactAttribute : FactAttribute
{
    public PostfixFactAttribute() => Skip =
        InteropTools.Postfix is null ? $"postfix is missing: {InteropTools.Advice}"
        : Environment.IsPrivilegedProcess ? null
        : "Postfix starts as root only: run the test as root";
}
