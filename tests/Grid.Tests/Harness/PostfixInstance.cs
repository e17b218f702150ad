using System.Net;
using System.Net.Sockets;

namespace EcStreamOrleans.Grid.Tests.Harness;

/// <summary>
/// A Postfix that has nothing in common with the system's: its own configuration, queue and log in a directory of the test.
/// It takes QMQP on loopback into its real queue and discards from there.
/// </summary>
internal sealed class PostfixInstance : IDisposable
{
    private readonly string _log;
    private readonly ToolProcess _master;

    private PostfixInstance(int port, string log, ToolProcess master)
    {
        Port = port;
        _log = log;
        _master = master;
    }

    public int Port { get; }

    public static async Task<PostfixInstance> StartAsync(TempDirectory directory)
    {
        var port = ServicePort.Next();
        var root = directory.Sub("postfix");
        var log = Path.Combine(root, "mail.log");
        await LayOutAsync(directory, root, port, log);

        // The master does not detach when it is started by its own name: the test holds its end.
        var daemons = await AskAsync("daemon_directory");
        var check = await ToolProcess.RunAsync(InteropTools.Postfix!, ["-c", $"{root}/etc", "check"]);
        Assert.True(check.ExitCode == 0, check.Errors);
        var postfix = new PostfixInstance(port, log, ToolProcess.Start($"{daemons}/master", ["-c", $"{root}/etc", "-d"]));
        try
        {
            await Within.Becomes(postfix.ListensAsync, "Postfix listens for QMQP");
            return postfix;
        }
        catch
        {
            postfix.Dispose();
            throw;
        }
    }

    /// <summary>How many messages its discard transport has taken off the queue.</summary>
    public int CountDiscarded() => File.ReadLines(_log).Count(line => line.Contains("/discard[", StringComparison.Ordinal) && line.Contains("status=sent", StringComparison.Ordinal));

    public void Dispose()
    {
        // The daemons end when their master's sockets close.
        _master.Dispose();
    }

    private static async Task LayOutAsync(TempDirectory directory, string root, int port, string log)
    {
        // The daemons that are not root pass through, too.
        string[] paths = [directory.Path, root, $"{root}/etc", $"{root}/queue"];
        Array.ForEach(paths, path => Directory.CreateDirectory(path));
        Assert.Equal(0, (await ToolProcess.RunAsync("chmod", ["755", .. paths])).ExitCode);
        Directory.CreateDirectory($"{root}/state");
        Assert.Equal(0, (await ToolProcess.RunAsync("chown", [await AskAsync("mail_owner"), $"{root}/state"])).ExitCode);
        File.WriteAllText(log, "");
        File.WriteAllText($"{root}/etc/main.cf", $"""
            compatibility_level = 3.6
            queue_directory = {root}/queue
            data_directory = {root}/state
            maillog_file = {log}
            maillog_file_prefixes = {root}
            myhostname = postfix.test
            mydestination =
            alias_maps =
            alias_database =
            inet_interfaces = 127.0.0.1
            inet_protocols = ipv4
            default_transport = discard:
            local_transport = discard:
            relay_transport = discard:
            qmqpd_authorized_clients = 127.0.0.1
            smtpd_peername_lookup = no

            """);
        string[] services =
        [
            $"127.0.0.1:{port} inet n - n - - qmqpd",
            "cleanup unix n - n - 0 cleanup",
            "qmgr unix n - n 300 1 qmgr",
            "rewrite unix - - n - - trivial-rewrite",
            "bounce unix - - n - 0 bounce",
            "defer unix - - n - 0 bounce",
            "trace unix - - n - 0 bounce",
            "flush unix n - n 1000? 0 flush",
            "proxymap unix - - n - - proxymap",
            "showq unix n - n - - showq",
            "error unix - - n - - error",
            "retry unix - - n - - error",
            "discard unix - - n - - discard",
            "anvil unix - - n - 1 anvil",
            "postlog unix-dgram n - n - 1 postlogd",
        ];
        File.WriteAllText($"{root}/etc/master.cf", string.Join('\n', services) + "\n");
    }

    /// <summary>What this machine's Postfix was built with.</summary>
    private static async Task<string> AskAsync(string parameter) =>
        (await ToolProcess.RunAsync(Path.Combine(Path.GetDirectoryName(InteropTools.Postfix)!, "postconf"), ["-d", "-h", parameter])).Output.Trim();

    private async Task<bool> ListensAsync()
    {
        if (_master.HasExited)
        {
            throw new InvalidOperationException($"Postfix ended: {_master.Describe()}\n{File.ReadAllText(_log)}");
        }

        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
