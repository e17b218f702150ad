using EcStreamOrleans.Cli;

return await EcGrid.RunAsync(args, CliHost.FromProcess(), CancellationToken.None);
