using Azure;
using Azure.Core;
using Azure.Data.Tables;

namespace EcStreamOrleans.Azure.Providers;

/// <summary>Which table, and how to get to it. The names are those of Orleans' own providers.</summary>
public abstract class AzureStorageOperationOptions
{
    private Func<TableServiceClient>? _connect;

    /// <summary>The table; it is created at the start if it is missing. 3 to 63 letters and digits, beginning with a letter.</summary>
    public abstract string TableName { get; set; }

    /// <summary>How clients are set up that <c>ConfigureTableServiceClient</c> makes: retries, time-outs. Default: the library's own.</summary>
    public TableClientOptions? ClientOptions { get; set; }

    /// <summary>The client to use, with the credential and the retries it was made with. Default: none; one must be given.</summary>
    public TableServiceClient? TableServiceClient
    {
        get => field ??= _connect?.Invoke();
        set => field = value ?? throw new ArgumentNullException(nameof(value));
    }

    /// <summary>Connects by a connection string, as in development.</summary>
    /// <param name="connectionString">The connection string.</param>
    public void ConfigureTableServiceClient(string connectionString) =>
        _connect = () => new TableServiceClient(connectionString, ClientOptions);

    /// <summary>Connects to an address that carries its own authorization.</summary>
    /// <param name="serviceUri">The address of the table service, with a shared access signature.</param>
    public void ConfigureTableServiceClient(Uri serviceUri) =>
        _connect = () => new TableServiceClient(serviceUri, ClientOptions);

    /// <summary>Connects as somebody that Entra knows: a managed identity, a workload, a developer.</summary>
    /// <param name="serviceUri">The address of the table service.</param>
    /// <param name="tokenCredential">Who.</param>
    public void ConfigureTableServiceClient(Uri serviceUri, TokenCredential tokenCredential) =>
        _connect = () => new TableServiceClient(serviceUri, tokenCredential, ClientOptions);

    /// <summary>Connects by a shared access signature.</summary>
    /// <param name="serviceUri">The address of the table service.</param>
    /// <param name="azureSasCredential">The signature.</param>
    public void ConfigureTableServiceClient(Uri serviceUri, AzureSasCredential azureSasCredential) =>
        _connect = () => new TableServiceClient(serviceUri, azureSasCredential, ClientOptions);

    /// <summary>Connects by the account's key.</summary>
    /// <param name="serviceUri">The address of the table service.</param>
    /// <param name="sharedKeyCredential">The key.</param>
    public void ConfigureTableServiceClient(Uri serviceUri, TableSharedKeyCredential sharedKeyCredential) =>
        _connect = () => new TableServiceClient(serviceUri, sharedKeyCredential, ClientOptions);

    internal TableClient OpenTable() => TableServiceClient!.GetTableClient(TableName);
}
