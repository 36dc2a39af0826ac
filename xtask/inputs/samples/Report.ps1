<#
.SYNOPSIS
    Lists the largest files below a folder.
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory = $true)]
    [string]$Path,
    [int]$Top = 10
)

function Get-Largest {
    param([string]$Folder, [int]$Count)
    Get-ChildItem -Path $Folder -Recurse -File -ErrorAction SilentlyContinue |
        Sort-Object -Property Length -Descending |
        Select-Object -First $Count -Property FullName, @{ Name = 'MB'; Expression = { [math]::Round($_.Length / 1MB, 2) } }
}

if (-not (Test-Path -LiteralPath $Path)) {
    Write-Error "There is no $Path"
    exit 1
}

Get-Largest -Folder $Path -Count $Top | Format-Table -AutoSize
Write-Host "Done at $(Get-Date -Format 'HH:mm')" -ForegroundColor Green
