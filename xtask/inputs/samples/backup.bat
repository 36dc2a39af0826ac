@echo off
rem Copies the reports of today to the other drive.
setlocal enabledelayedexpansion
set SOURCE=C:\Reports
set TARGET=D:\Backup\%DATE:~-4%

if not exist "%TARGET%" (
    mkdir "%TARGET%"
)

for %%F in ("%SOURCE%\*.txt") do (
    echo Copying %%~nxF
    copy /Y "%%F" "%TARGET%" > nul
    if errorlevel 1 goto failed
)
echo Done.
goto :eof

:failed
echo A file was not copied. 1>&2
exit /b 1
