using System.Text;
using Azure;
using Azure.Data.Tables;
using EcStreamOrleans.Grid.Tests.Harness;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.Storage;

namespace EcStreamOrleans.Grid.Tests.Storage;

/// <summary>The contract on Azure tables, as they are unless told otherwise: octets, and rows that stay when a state is cleared.</summary>
[NeedsAzurite, Collection(AzuriteCollection.Name)]
public class AzureTableGrainStorageTests(SharedAzurite azurite) : GrainStorageContract
{
    private readonly List<OrleansParts> _parts = [];
    private readonly string _table = SharedAzurite.NewTableName();

    public override Task DisposeAsync()
    {
        _parts.ForEach(p => p.Dispose());
        return Task.CompletedTask;
    }

    private protected override async Task<IGrainStorage> OpenAsync()
    {
        var parts = new OrleansParts(silo => silo.AddAzureTableGrainStorage("state", options =>
        {
            options.TableServiceClient = azurite.Server!.Connect();
            options.TableName = _table;
            Configure(options);
        }));
        _parts.Add(parts);
        return await parts.StorageAsync("state");
    }

    private protected virtual void Configure(AzureTableStorageOptions options)
    {
    }
}

/// <summary>The contract where clearing a state deletes its row.</summary>
[NeedsAzurite, Collection(AzuriteCollection.Name)]
public sealed class AzureTableGrainStorageDeletingTests(SharedAzurite azurite) : AzureTableGrainStorageTests(azurite)
{
    protected override bool KeepsClearedStates => false;

    private protected override void Configure(AzureTableStorageOptions options) => options.DeleteStateOnClear = true;
}

/// <summary>The contract where states are text.</summary>
[NeedsAzurite, Collection(AzuriteCollection.Name)]
public sealed class AzureTableGrainStorageTextTests(SharedAzurite azurite) : AzureTableGrainStorageTests(azurite)
{
    protected override int LongText => 480_000;

    private protected override void Configure(AzureTableStorageOptions options) => options.UseStringFormat = true;
}

/// <summary>Rows as Orleans' own provider writes and reads them.</summary>
[Collection(AzuriteCollection.Name)]
public sealed class AzureTableGrainStorageLayoutTests(SharedAzurite azurite) : IDisposable
{
    private const int ColumnBytes = 65_536;
    private const string Old = "W/\"datetime'2020-01-01T00%3A00%3A00.0000000Z'\"";

    private readonly string _table = SharedAzurite.NewTableName();
    private readonly List<OrleansParts> _parts = [];

    public void Dispose() => _parts.ForEach(p => p.Dispose());

    [AzuriteFact]
    public async Task ARow_HasTheGivenKeys_AndNothingButJsonInItsColumn()
    {
        var storage = await OpenAsync(serializer: null);
        await storage.WriteStateAsync("policy", GrainId.Create("peer", "10.0.0.0/8"), new GrainState<GrainStorageContract.Note>(new() { Text = "x" }));

        var row = Assert.Single(await RowsAsync());
        Assert.Equal(("svc_peer_10.0.0.0_8", "policy"), (row.PartitionKey, row.RowKey));
        Assert.Equal(["Data", "PartitionKey", "RowKey", "Timestamp", "odata.etag"], row.Keys.Order(StringComparer.Ordinal));
        var json = Encoding.UTF8.GetString(row.GetBinary("Data"));
        Assert.Equal(
            $$"""{"$id":"1","$type":"{{typeof(GrainStorageContract.Note).FullName}}, EcStreamOrleans.Grid.Tests","Text":"x"}""", json);
    }

    [AzuriteFact]
    public async Task WhatAKeyMustNotHave_IsAnUnderscore()
    {
        var storage = await OpenAsync();
        await storage.WriteStateAsync("/A\\C#?", GrainId.Create("peer", "2001:db8::/32"), New("x"));

        var row = Assert.Single(await RowsAsync());
        Assert.Equal(("svc_peer_2001:db8::_32", "_A_C__"), (row.PartitionKey, row.RowKey));
    }

    /// <summary>The given layout has one row for both. No write goes unnoticed, and no address has an underscore.</summary>
    [AzuriteFact]
    public async Task KeysThatComeToTheSame_AreNotWrittenOver()
    {
        var storage = await OpenAsync();
        await storage.WriteStateAsync("note", GrainId.Create("peer", "10.0.0.0/8"), New("x"));

        await Assert.ThrowsAsync<TableStorageUpdateConditionNotSatisfiedException>(
            () => storage.WriteStateAsync("note", GrainId.Create("peer", "10.0.0.0_8"), New("y")));
        Assert.Equal("x", await ReadAsync(storage, "10.0.0.0/8"));
    }

    [AzuriteFact]
    public async Task AKeyThatTheServiceWouldNotTake_IsNamed()
    {
        var storage = await OpenAsync();
        var tooLong = await Assert.ThrowsAsync<ArgumentException>(() => WriteAsync(storage, "x", key: new string('k', 504)));
        Assert.Contains("has 513 characters: a key of Azure Table storage has at most 512.", tooLong.Message);
        await WriteAsync(storage, "x", key: new string('k', 503));

        var control = await Assert.ThrowsAsync<ArgumentException>(() => WriteAsync(storage, "x", key: "a\u0001b"));
        Assert.Contains("has control characters", control.Message);
    }

    [AzuriteFact]
    public async Task ALongState_IsCutIntoColumnsOf64KiB_FifteenAtMost()
    {
        var storage = await OpenAsync();
        await WriteAsync(storage, new string('x', (2 * ColumnBytes) + 1));
        var row = Assert.Single(await RowsAsync());
        Assert.Equal([ColumnBytes, ColumnBytes, 1], new[] { "Data", "Data1", "Data2" }.Select(c => row.GetBinary(c).Length));
        Assert.DoesNotContain("Data3", row.Keys);

        var full = new string('x', 15 * ColumnBytes);
        await WriteAsync(storage, full, key: "full");
        Assert.Equal(full, await ReadAsync(storage, key: "full"));
        var state = New(full + 'x');
        var error = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => storage.WriteStateAsync("note", GrainId.Create("peer", "over"), state));
        Assert.Contains("983041 octets; at most 983040 fit.", error.Message);
        Assert.Equal((null, false), (state.ETag, state.RecordExists));
        Assert.Null(await ReadAsync(storage, key: "over"));
    }

    [AzuriteFact]
    public async Task ALongText_IsCutBetweenCharacters_AndNeverShort()
    {
        var storage = await OpenAsync(options => options.UseStringFormat = true);

        // The boundary of the first column is inside the pair.
        var text = new string('x', 32_767) + "\ud83d\udce7" + new string('y', 40_000);
        await WriteAsync(storage, text);
        var row = Assert.Single(await RowsAsync());
        Assert.Equal([32_767, 32_768, 7_234], new[] { "StringData", "StringData1", "StringData2" }.Select(c => row.GetString(c).Length));
        Assert.Equal(text, await ReadAsync(storage));

        var full = new string('x', 15 * 32_768);
        await WriteAsync(storage, full, key: "full");
        Assert.Equal(full, await ReadAsync(storage, key: "full"));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => WriteAsync(storage, full + 'x', key: "over"));
    }

    [AzuriteFact]
    public async Task EitherForm_IsRead_AndAWriteLeavesOne()
    {
        var octets = await OpenAsync();
        var text = await OpenAsync(options => options.UseStringFormat = true);
        await WriteAsync(octets, "as octets");
        Assert.Equal("as octets", await ReadAsync(text));

        var state = New("as text", "*");
        await text.WriteStateAsync("note", GrainId.Create("peer", "1"), state);
        Assert.Equal(["StringData"], Assert.Single(await RowsAsync()).Keys.Where(k => k.Contains("Data", StringComparison.Ordinal)));
        Assert.Equal("as text", await ReadAsync(octets));

        await azurite.Server!.Connect().GetTableClient(_table).UpsertEntityAsync(
            new TableEntity("svc_peer_1", "note") { ["Data"] = Convert.ToBase64String("as Base64"u8) }, TableUpdateMode.Replace);
        Assert.Equal("as Base64", await ReadAsync(octets));
    }

    [AzuriteFact]
    public async Task AClearedState_IsARowWithoutData_OrNone()
    {
        var storage = await OpenAsync();
        var state = New("x");
        await storage.WriteStateAsync("note", GrainId.Create("peer", "1"), state);
        await storage.ClearStateAsync("note", GrainId.Create("peer", "1"), state);
        var row = Assert.Single(await RowsAsync());
        Assert.Equal(["PartitionKey", "RowKey", "Timestamp", "odata.etag"], row.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(row.ETag.ToString(), state.ETag);

        await (await OpenAsync(options => options.DeleteStateOnClear = true)).ClearStateAsync("note", GrainId.Create("peer", "1"), state);
        Assert.Empty(await RowsAsync());
        Assert.Null(state.ETag);
    }

    [AzuriteFact]
    public async Task AConflict_SaysWhoseStateAndWhatVersion()
    {
        var storage = await OpenAsync();
        await WriteAsync(storage, "x");

        var conflict = await Assert.ThrowsAsync<TableStorageUpdateConditionNotSatisfiedException>(
            () => storage.WriteStateAsync("note", GrainId.Create("peer", "1"), New("y", Old)));

        Assert.Equal(("note", "peer/1", _table, Old, "Unknown"), (conflict.GrainType, conflict.GrainId, conflict.TableName, conflict.CurrentEtag, conflict.StoredEtag));
    }

    [AzuriteFact]
    public async Task AStateThatCannotBeRead_LeavesTheCallersAsItIs()
    {
        await WriteAsync(await OpenAsync(), "no JSON");
        var state = new GrainState<GrainStorageContract.Note>(new() { Text = "held" }, "\"held\"");

        var storage = await OpenAsync(serializer: null);
        var error = await Assert.ThrowsAsync<AggregateException>(() => storage.ReadStateAsync("note", GrainId.Create("peer", "1"), state));

        Assert.Contains("State 'note' of peer/1", error.Message);
        Assert.Equal(("held", "\"held\""), (state.State!.Text, state.ETag));
    }

    [AzuriteFact]
    public async Task AMissingTable_IsNobodysWrite()
    {
        var storage = await OpenAsync();
        await azurite.Server!.Connect().DeleteTableAsync(_table);

        var error = await Assert.ThrowsAsync<RequestFailedException>(() => WriteAsync(storage, "x"));
        Assert.Equal("TableNotFound", error.ErrorCode);
    }

    [Theory]
    [InlineData("1bad")]
    [InlineData("ab")]
    [InlineData("with-dash")]
    public void ATableNameThatTheServiceWouldNotTake_IsAStartError(string name)
    {
        using var parts = new OrleansParts(silo => silo.AddAzureTableGrainStorage("state", options =>
        {
            options.TableServiceClient = new TableServiceClient(new Uri("https://account.test"), new AzureSasCredential("sig=x"));
            options.TableName = name;
        }));
        Assert.Equal(
            $"AzureTableStorageOptions of 'state': TableName = {name}: must be 3 to 63 letters and digits, the first a letter.", StartError(parts));
    }

    [Fact]
    public void NoClient_IsAStartError()
    {
        using var parts = new OrleansParts(silo => silo.AddAzureTableGrainStorage("state"));
        Assert.Equal("AzureTableStorageOptions of 'state': no client. Set TableServiceClient.", StartError(parts));
        Assert.Throws<ArgumentNullException>(() => new AzureTableStorageOptions { TableServiceClient = null });
    }

    private static string StartError(OrleansParts parts) =>
        Assert.Single(parts.Services.GetServices<IConfigurationValidator>().Select(v => Record.Exception(v.ValidateConfiguration)?.Message), m => m?.Contains("of 'state'", StringComparison.Ordinal) == true)!;

    private static Task WriteAsync(IGrainStorage storage, string text, string key = "1") =>
        storage.WriteStateAsync("note", GrainId.Create("peer", key), New(text));

    private static async Task<string?> ReadAsync(IGrainStorage storage, string key = "1")
    {
        var state = New("");
        await storage.ReadStateAsync("note", GrainId.Create("peer", key), state);
        return state.RecordExists ? state.State!.Value : null;
    }

    private static GrainState<Text> New(string text, string? eTag = null) => new(new Text { Value = text }, eTag!);

    private Task<IGrainStorage> OpenAsync(Action<AzureTableStorageOptions>? configure = null) => OpenAsync(new PlainText(), configure);

    private Task<IGrainStorage> OpenAsync(IGrainStorageSerializer? serializer, Action<AzureTableStorageOptions>? configure = null)
    {
        var parts = new OrleansParts(silo => silo.AddAzureTableGrainStorage("state", options =>
        {
            options.TableServiceClient = azurite.Server!.Connect();
            options.TableName = _table;
            options.GrainStorageSerializer = serializer!;
            configure?.Invoke(options);
        }));
        _parts.Add(parts);
        return parts.StorageAsync("state");
    }

    private async Task<List<TableEntity>> RowsAsync()
    {
        var rows = new List<TableEntity>();
        await foreach (var row in azurite.Server!.Connect().GetTableClient(_table).QueryAsync<TableEntity>())
        {
            rows.Add(row);
        }

        return rows;
    }

    /// <summary>The state's text and nothing else, so that its length is the row's.</summary>
    private sealed class PlainText : IGrainStorageSerializer
    {
        public BinaryData Serialize<T>(T? input) => BinaryData.FromString(((Text)(object)input!).Value);

        public T Deserialize<T>(BinaryData input) => (T)(object)new Text { Value = input.ToString() };
    }

    private sealed class Text
    {
        public string Value { get; set; } = "";
    }
}
